#include <doctest/doctest.h>

#include <algorithm>

#include "exporters/minio/parse/bucket_documents.h"
#include "exporters/minio/parse/bucket_lists.h"
#include "exporters/minio/parse/replication.h"
#include "tests/unit/minio/recorded.h"
#include "tests/unit/minio/torture.h"

namespace replicawatch::minio {
namespace {

std::string Recorded(const std::string& name) { return ReadRecorded("4x1-buckets/" + name); }

const ListedBucket& Find(const std::vector<ListedBucket>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const ListedBucket& bucket) { return bucket.name == name; });
  REQUIRE(found != list.end());
  return *found;
}

TEST_CASE("accountinfo: aspects and usage of the recorded buckets") {
  const auto list = ParseAccountInfo(Recorded("accountinfo.json"));
  REQUIRE(list);
  const ListedBucket& shop = Find(*list, "shop");
  CHECK(shop.versioning == Versioning::kEnabled);
  CHECK(shop.locking == false);
  CHECK(shop.replication == true);
  CHECK(shop.quota_bytes == 10.0 * 1024 * 1024 * 1024);
  CHECK(shop.bytes == 100006);
  CHECK(shop.objects == 2);
  const ListedBucket& vault = Find(*list, "vault");
  CHECK(vault.locking == true);
  CHECK(vault.quota_bytes == 0);
  const ListedBucket& plain = Find(*list, "gogotex");
  CHECK(plain.versioning == Versioning::kOff);
  CHECK(plain.replication == false);
}

TEST_CASE("accountinfo: what the scanner has not seen has no size; null lists and details") {
  const auto list = ParseAccountInfo(R"json({"Buckets":[
      {"name":"new","size":0,"objects":0,"objectHistogram":null,"details":{"versioning":false,
       "versioningSuspended":true,"quota":null},"created":"0001-01-01T00:00:00Z"},
      {"name":"bare","details":null}]})json");
  REQUIRE(list);
  CHECK_FALSE(list->at(0).bytes);
  CHECK_FALSE(list->at(0).objects);
  CHECK_FALSE(list->at(0).created_seconds);
  CHECK_FALSE(list->at(0).quota_bytes);
  CHECK(list->at(0).versioning == Versioning::kSuspended);
  CHECK_FALSE(list->at(1).versioning);
  CHECK_FALSE(list->at(1).locking);
  CHECK(ParseAccountInfo(R"({"Buckets":null})")->empty());
  CHECK_FALSE(ParseAccountInfo("{}"));
  CHECK_FALSE(ParseAccountInfo("null"));
  CHECK_FALSE(ParseAccountInfo(R"({"Buckets":[7]})"));
  CHECK(ParseAccountInfo(R"({"Buckets":[{"name":"a"},{"name":"b"}]})", 1).error().code ==
        ErrorCode::kLimit);
}

TEST_CASE("the two lists have the same buckets, and times but for what is cut off") {
  const auto account = ParseAccountInfo(Recorded("accountinfo.json"));
  const auto list = ParseBucketList(Recorded("buckets.xml"));
  REQUIRE(account);
  REQUIRE(list);
  REQUIRE(account->size() == list->size());
  for (const ListedBucket& bucket : *list) {
    const auto exact = Find(*account, bucket.name).created_seconds;
    REQUIRE(exact);
    REQUIRE(bucket.created_seconds);
    CHECK(*exact >= *bucket.created_seconds - 1e-6);
    CHECK(*exact < *bucket.created_seconds + 0.001);
    CHECK_FALSE(bucket.versioning);
  }
  CHECK_FALSE(ParseBucketList(Recorded("vault-policy")));
  CHECK(ParseBucketList(Recorded("buckets.xml"), 2).error().code == ErrorCode::kLimit);
}

TEST_CASE("uploads: key, id and time") {
  const auto uploads = ParseUploads(Recorded("shop-uploads"));
  REQUIRE(uploads);
  REQUIRE(uploads->size() == 1);
  CHECK(uploads->front().key == "mp/obj 1");
  CHECK(uploads->front().id.size() > 20);
  CHECK(uploads->front().initiated_seconds == doctest::Approx(1795704490.761));
  CHECK(ParseUploads(Recorded("vault-uploads"))->empty());
  CHECK(ParseUploads(Recorded("shop-uploads"), 0).error().code == ErrorCode::kLimit);
}

TEST_CASE("replication: what waits and what has failed, by target") {
  const auto shop = ParseReplicationMetrics(Recorded("shop-replication-metrics"));
  REQUIRE(shop);
  CHECK(shop->queued_objects == 0);
  CHECK(shop->queued_bytes == 0);
  REQUIRE(shop->targets.size() == 1);
  CHECK(shop->targets[0].objects == 0);

  const auto away = ParseReplicationMetrics(Recorded("away-replication-metrics"));
  REQUIRE(away);
  REQUIRE(away->targets.size() == 1);
  CHECK(away->targets[0].arn.ends_with(":dst"));
  CHECK(away->targets[0].objects == 3);
  CHECK(away->targets[0].bytes == 300'000);

  CHECK_FALSE(ParseReplicationMetrics(Recorded("vault-replication-metrics")));
  // Nodes that don't answer the one asked: nothing is known, which is not zero.
  const auto silent = ParseReplicationMetrics(R"({"queueStats":{"nodes":null}})");
  REQUIRE(silent);
  CHECK_FALSE(silent->queued_objects);
}

TEST_CASE("targets: online, away, and not looked at yet") {
  const auto shop = ParseRemoteTargets(Recorded("shop-targets"));
  REQUIRE(shop);
  REQUIRE(shop->size() == 1);
  CHECK(shop->front().bucket == "target");
  CHECK(shop->front().online == true);
  const auto away = ParseRemoteTargets(Recorded("away-targets"));
  REQUIRE(away);
  CHECK(away->front().online == false);
  CHECK(away->front().latency_seconds == doctest::Approx(384015e-9));
  CHECK(ParseRemoteTargets("null")->empty());
  const auto unseen = ParseRemoteTargets(
      R"([{"arn":"a","isOnline":false,"lastOnline":"0001-01-01T00:00:00Z","totalDowntime":0}])");
  CHECK_FALSE(unseen->front().online);
  CHECK_FALSE(unseen->front().latency_seconds);
}

TEST_CASE("policies: the order and form of what is granted do not count, what is granted does") {
  const Result<std::string> real = CanonicalPolicy(Recorded("shop-policy"));
  REQUIRE(real);
  // As people write the same: texts for lists, Sids, another order, other statements.
  const auto written = CanonicalPolicy(R"json({"Version":"2012-10-17","Id":"x","Statement":[
    {"Sid":"read","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
     "Resource":"arn:aws:s3:::shop/*"},
    {"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:ListBucket",
     "Resource":["arn:aws:s3:::shop"]},
    {"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"s3:GetBucketLocation",
     "Resource":"arn:aws:s3:::shop","Condition":null}]})json");
  CHECK(*real == *written);
  for (const char* other :
       {R"({"Statement":[]})", R"({"Statement":null})",
        R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"a"}})",
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::shop/*"}]})"}) {
    CAPTURE(other);
    const Result<std::string> canonical = CanonicalPolicy(other);
    REQUIRE(canonical);
    CHECK(*canonical != *real);
  }
  CHECK(CanonicalPolicy(R"({"Statement":[]})")->empty());
  CHECK_FALSE(CanonicalPolicy("{}"));
  CHECK_FALSE(CanonicalPolicy(R"({"Statement":["x"]})"));
}

TEST_CASE("policies: conditions and the other halves of a statement count") {
  const auto policy = [](const std::string& more) {
    const auto canonical = CanonicalPolicy(
        R"({"Statement":[{"Effect":"Allow","Action":"a","Resource":"r")" + more + "}]}");
    REQUIRE(canonical);
    return *canonical;
  };
  const std::string plain = policy("");
  CHECK(policy(R"(,"Condition":{"Bool":{"aws:SecureTransport":"true"}})") != plain);
  CHECK(policy(R"(,"Condition":{"Bool":{"aws:SecureTransport":"true"}})") ==
        policy(R"(,"Condition":{"Bool":{"aws:SecureTransport":[true]}})"));
  CHECK(policy(R"(,"NotPrincipal":"*")") != plain);
  CHECK(policy(R"(,"Principal":{"AWS":"x"})") != policy(R"(,"Principal":{"CanonicalUser":"x"})"));
  std::string many = R"({"Statement":[{"Action":[)";
  for (int i = 0; i < 200; ++i) many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\"";
  const size_t list = many.find('[', 15);
  many += "],\"Resource\":" + many.substr(list) + "]}]}";
  CHECK(CanonicalPolicy(many).error().code == ErrorCode::kLimit);
}

TEST_CASE("documents in XML: namespaces, order, IDs of rules and empty elements do not count") {
  const auto lifecycle = [](const std::string& text) {
    return CanonicalXml(text, "LifecycleConfiguration");
  };
  const Result<std::string> real = lifecycle(Recorded("shop-lifecycle"));
  REQUIRE(real);
  const std::string days = "<Expiration><Days>30</Days></Expiration>";
  const std::string filter = "<Filter><Prefix> tmp/\n</Prefix></Filter>";
  CHECK(*real == *lifecycle("<s3:LifecycleConfiguration xmlns:s3='urn:x'><s3:Rule>" + filter +
                            "<NoncurrentVersionExpiration/>" + days +
                            "<Status>Enabled</Status></s3:Rule></s3:LifecycleConfiguration>"));
  CHECK(*real != *lifecycle("<LifecycleConfiguration><Rule>" + days +
                            "<Status>Enabled</Status></Rule></LifecycleConfiguration>"));
  CHECK(*real != *lifecycle("<LifecycleConfiguration><Rule>" + filter + days +
                            "<Status>Disabled</Status></Rule></LifecycleConfiguration>"));
  CHECK_FALSE(CanonicalXml(Recorded("vault-lifecycle"), "LifecycleConfiguration"));

  CHECK(CanonicalXml(Recorded("shop-notification"), "NotificationConfiguration")->empty());
  const auto events =
      CanonicalXml(ReadRecorded("1x1-buckets/safe-notification"), "NotificationConfiguration");
  REQUIRE(events);
  CHECK(events->find("ObjectRemoved") != std::string::npos);
  CHECK_FALSE(
      CanonicalXml(ReadRecorded("1x1-buckets/safe-encryption"), "ServerSideEncryptionConfiguration")
          ->empty());
}

TEST_CASE("documents in XML: depth is bounded") {
  std::string open;
  for (int i = 0; i < 100'000; ++i) open += "<a>";
  std::string close;
  for (int i = 0; i < 100'000; ++i) close += "</a>";
  CHECK(CanonicalXml(open + "x" + close, "a").error().code == ErrorCode::kLimit);
}

TEST_CASE("lock and versioning") {
  const auto lock = ParseObjectLock(Recorded("vault-object-lock"));
  REQUIRE(lock);
  CHECK(lock->enabled);
  CHECK(lock->retention == Retention{"GOVERNANCE", 30, 0});
  CHECK_FALSE(ParseObjectLock(Recorded("shop-object-lock")));
  CHECK_FALSE(ParseObjectLock("<ObjectLockConfiguration/>")->retention);
  CHECK(ParseVersioning(Recorded("shop-versioning")) == Versioning::kEnabled);
  CHECK(ParseVersioning("<VersioningConfiguration xmlns='x'></VersioningConfiguration>") ==
        Versioning::kOff);
  CHECK(ParseVersioning("<VersioningConfiguration><Status>Suspended</Status>"
                        "</VersioningConfiguration>") == Versioning::kSuspended);
  CHECK_FALSE(ParseVersioning(
      "<VersioningConfiguration><Status>Perhaps</Status></VersioningConfiguration>"));
}

TEST_CASE("no recorded answer about buckets can be cut or broken so that a parser fails") {
  const auto torture = [](const std::string& name, auto parse) {
    CAPTURE(name);
    const std::string text = Recorded(name);
    Torture(text, [&](std::string_view part) {
      const auto parsed = parse(part);
      if (part.size() < text.size()) CHECK_FALSE(parsed);
    });
  };
  torture("accountinfo.json", [](std::string_view text) { return ParseAccountInfo(text); });
  torture("buckets.xml", [](std::string_view text) { return ParseBucketList(text); });
  torture("shop-uploads", [](std::string_view text) { return ParseUploads(text); });
  torture("away-replication-metrics", ParseReplicationMetrics);
  torture("away-targets", [](std::string_view text) { return ParseRemoteTargets(text); });
  torture("shop-policy", CanonicalPolicy);
  torture("vault-object-lock", ParseObjectLock);
  torture("shop-versioning", ParseVersioning);
  torture("shop-lifecycle",
          [](std::string_view text) { return CanonicalXml(text, "LifecycleConfiguration"); });
  torture("away-replication",
          [](std::string_view text) { return CanonicalXml(text, "ReplicationConfiguration"); });
}

}  // namespace
}  // namespace replicawatch::minio
