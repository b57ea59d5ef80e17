#include "exporters/minio/bucket_knowledge.h"

#include <doctest/doctest.h>

#include "exporters/minio/config.h"
#include "exporters/minio/request.h"

namespace replicawatch::minio {
namespace {

using Drift = std::vector<std::pair<BucketAspect, bool>>;

const Retention kMonth{"GOVERNANCE", 30, 0};

Result<MinioConfig> Read(const std::string& cluster) {
  const auto document = YamlValue::Parse(
      "clusters:\n  - seeds: [a:9000]\n    access_key: k\n    secret_key_env: PATH\n" + cluster,
      "f.yml");
  REQUIRE(document);
  return ReadConfig(*document);
}

TEST_CASE("drift: only what is both declared and known is compared") {
  DeclaredBucket declared;
  BucketState state;
  CHECK(CompareBucket(declared, state).empty());
  state.versioning = Versioning::kSuspended;
  state.quota_bytes = 0;
  CHECK(CompareBucket(declared, state).empty());
  declared.versioning = Versioning::kEnabled;
  declared.quota_bytes = 0;
  declared.documents[BucketAspect::kPolicy] = {false, "p"};
  CHECK(CompareBucket(declared, state) ==
        Drift{{BucketAspect::kVersioning, true}, {BucketAspect::kQuota, false}});
  state.documents[BucketAspect::kPolicy] = "p";
  state.documents[BucketAspect::kLifecycle] = "l";
  CHECK(CompareBucket(declared, state).back() == std::pair{BucketAspect::kPolicy, false});
  state.documents[BucketAspect::kPolicy] = "";
  CHECK(CompareBucket(declared, state).back() == std::pair{BucketAspect::kPolicy, true});
}

TEST_CASE("drift: any document will do, or none may be there") {
  DeclaredBucket declared;
  BucketState state;
  declared.documents[BucketAspect::kLifecycle] = {true, ""};
  declared.documents[BucketAspect::kReplication] = {false, ""};
  state.documents = {{BucketAspect::kLifecycle, "x"}, {BucketAspect::kReplication, "x"}};
  CHECK(CompareBucket(declared, state) ==
        Drift{{BucketAspect::kLifecycle, false}, {BucketAspect::kReplication, true}});
  state.documents = {{BucketAspect::kLifecycle, ""}, {BucketAspect::kReplication, ""}};
  CHECK(CompareBucket(declared, state) ==
        Drift{{BucketAspect::kLifecycle, true}, {BucketAspect::kReplication, false}});
}

TEST_CASE("drift of the lock: what is not known decides only where it does not matter") {
  const auto compare = [](const DeclaredLock& lock, std::optional<bool> locking,
                          std::optional<std::optional<Retention>> retention) {
    DeclaredBucket declared;
    declared.lock = lock;
    BucketState state;
    state.locking = locking;
    state.retention = retention;
    const Drift drift = CompareBucket(declared, state);
    return drift.empty() ? std::nullopt : std::optional(drift.front().second);
  };
  CHECK_FALSE(compare({true, {}}, {}, {}));
  CHECK(compare({true, {}}, true, {}) == false);
  CHECK(compare({true, {}}, false, {}) == true);
  CHECK(compare({false, {}}, true, {}) == true);
  CHECK_FALSE(compare({true, kMonth}, true, {}));
  CHECK(compare({true, kMonth}, false, {}) == true);
  CHECK(compare({true, kMonth}, true, std::optional<Retention>()) == true);
  CHECK(compare({true, kMonth}, true, kMonth) == false);
  CHECK(compare({true, kMonth}, true, Retention{"GOVERNANCE", 31, 0}) == true);
}

/// Two declared buckets, one more that is not looked at.
BucketSettings Settings() {
  BucketSettings settings;
  settings.declared.resize(2);
  settings.declared[0].name = "one";
  settings.declared[1].name = "two";
  settings.declared[0].documents[BucketAspect::kPolicy] = {false, ""};
  settings.declared[0].versioning = Versioning::kOff;
  settings.not_looked_at = {"three"};
  settings.most_unexpected = 1;
  return settings;
}

TEST_CASE("knowledge: gone, back as it was, and made anew") {
  const BucketSettings settings = Settings();
  BucketKnowledge known(settings);
  CHECK_FALSE(known.Facts().buckets[0].exists);
  CHECK(known.TakeList({{"one", 100.0004, Versioning::kOff}, {"two", 1}}).empty());
  CHECK(known.TakeArrival());
  known.TakeDocument(0, BucketAspect::kPolicy, "p");
  CHECK(known.Facts().buckets[0].drift.size() == 2);

  CHECK(known.TakeList({{"two", 1}}) == std::vector<size_t>{0});
  CHECK(known.Facts().buckets[0].exists == true);
  known.TakeGone(0);
  const BucketFact gone = known.Facts().buckets[0];
  CHECK(gone.exists == false);
  CHECK(gone.drift.empty());
  CHECK_FALSE(gone.created_seconds);
  CHECK_FALSE(known.TakeArrival());

  // Whether it is another one only a list can say.
  known.TakePresent(0);
  CHECK(known.Facts().buckets[0].exists == true);
  CHECK_FALSE(known.Facts().buckets[0].created_seconds);
  known.TakeGone(0);

  // From ListBuckets, which cuts the time: no other bucket, and no other time is published.
  known.TakeList({{"one", 100.000}, {"two", 1}});
  CHECK(known.TakeArrival());
  CHECK(known.Facts().buckets[0].recreations == 0);
  CHECK(known.Facts().buckets[0].created_seconds == 100.0004);
  CHECK(known.Facts().buckets[0].drift.empty());

  known.TakeDocument(0, BucketAspect::kPolicy, "p");
  known.TakeList({{"one", 160}, {"two", 1}});
  CHECK(known.TakeArrival());
  CHECK(known.Facts().buckets[0].recreations == 1);
  CHECK(known.Facts().buckets[0].created_seconds == 160);
  CHECK(known.Facts().buckets[0].drift.empty());
  CHECK(known.Facts().buckets[1].recreations == 0);
}

TEST_CASE("knowledge: buckets that nobody declared") {
  const BucketSettings settings = Settings();
  BucketKnowledge known(settings);
  CHECK_FALSE(known.Facts().unexpected);
  known.TakeList({{"one", 1}, {"zebra", 1}, {"three", 1}, {"apple", 1}});
  CHECK(known.Facts().unexpected == 2);
  CHECK(known.Facts().unexpected_names == std::vector<std::string>{"apple"});
  CHECK(known.Facts().left_out == 1);
}

TEST_CASE("knowledge: an upload counts once, and what is forgotten is not zero") {
  const BucketSettings settings = Settings();
  BucketKnowledge known(settings);
  CHECK_FALSE(known.Facts().buckets[0].uploads);
  known.TakeUploads(0, {{"k", "1", 20}, {"k", "2", 10}, {"k", "1", 20}}, 3);
  CHECK(known.Facts().buckets[0].uploads == 2);
  CHECK(known.Facts().buckets[0].oldest_upload_seconds == 10);
  CHECK(known.Facts().buckets[0].unconfirmed_keys == 3);
  CHECK(known.upload_keys(0) == std::set<std::string>{"k"});
  known.TakeUploads(0, {}, 0);
  CHECK(known.Facts().buckets[0].uploads == 0);
  CHECK_FALSE(known.Facts().buckets[0].oldest_upload_seconds);
  known.ForgetUploads(0);
  CHECK_FALSE(known.Facts().buckets[0].uploads);
}

TEST_CASE("knowledge: a target is online when all nodes that have tried reach it") {
  const BucketSettings settings = Settings();
  BucketKnowledge known(settings);
  const auto online = [&] { return known.Facts().buckets[0].targets.at(0).online; };
  known.TakeTargets(0, "a", {{"arn", "there", "copy", {}, {}}});
  CHECK_FALSE(online());
  known.TakeTargets(0, "b", {{"arn", "there", "copy", true, 0.5}});
  known.TakeTargets(0, "c", {{"arn", "there", "copy", true, 0.25}});
  CHECK(online() == true);
  CHECK(known.Facts().buckets[0].targets.at(0).latency_seconds == 0.5);
  known.TakeTargets(0, "c", {{"arn", "there", "copy", false, {}}});
  CHECK(online() == false);
  known.KeepTargetsOf(0, {"a", "b"});
  CHECK(online() == true);
}

TEST_CASE("configuration: every form of every aspect") {
  const auto config = Read(R"(
    bucket_survey: {interval: 30s, most_buckets: 2, unexpected: false, uploads: false}
    buckets:
      shop:
        versioning: enabled
        lock: {mode: compliance, years: 2}
        quota: 10GiB
        policy: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a","Resource":"r"}]}'
        lifecycle: any
        encryption: sse-s3
        replication: none
        notifications: <NotificationConfiguration/>
      plain: {lock: off, quota: none, versioning: off}
      beyond: {lock: on, quota: 1000}
)");
  REQUIRE(config);
  const BucketSettings& settings = config->clusters[0].buckets;
  REQUIRE(settings.declared.size() == 2);
  CHECK(settings.not_looked_at.contains("beyond"));
  CHECK(settings.interval == std::chrono::seconds(30));
  CHECK_FALSE(settings.unexpected);
  CHECK_FALSE(settings.uploads);
  const DeclaredBucket& shop = settings.declared[0];
  CHECK(shop.lock->retention == Retention{"COMPLIANCE", 0, 2});
  CHECK(shop.quota_bytes == 10737418240.0);
  CHECK_FALSE(shop.documents.at(BucketAspect::kPolicy).canonical.empty());
  CHECK(shop.documents.at(BucketAspect::kLifecycle).any);
  CHECK_FALSE(shop.documents.at(BucketAspect::kEncryption).canonical.empty());
  CHECK(shop.documents.at(BucketAspect::kReplication).canonical.empty());
  CHECK(shop.documents.at(BucketAspect::kNotifications).canonical.empty());
  const DeclaredBucket& plain = settings.declared[1];
  CHECK(plain.versioning == Versioning::kOff);
  CHECK_FALSE(plain.lock->enabled);
  CHECK(plain.quota_bytes == 0);
  CHECK(plain.documents.empty());
}

TEST_CASE("configuration: documents from files") {
  const std::string folder = std::string(REPLICAWATCH_TESTDATA) + "/minio/2026-02-12/4x1-buckets/";
  const auto config = Read("    buckets: {shop: {policy: {file: " + folder +
                           "shop-policy}, lifecycle: {file: " + folder + "shop-lifecycle}}}\n");
  REQUIRE(config);
  const DeclaredBucket& shop = config->clusters[0].buckets.declared[0];
  CHECK_FALSE(shop.documents.at(BucketAspect::kPolicy).canonical.empty());
  CHECK_FALSE(shop.documents.at(BucketAspect::kLifecycle).canonical.empty());
  CHECK_FALSE(Read("    buckets: {shop: {policy: {file: " + folder + "shop-lifecycle}}}\n"));
}

TEST_CASE("configuration: faults say where they are") {
  struct Case {
    const char* text;
    const char* fault;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"    buckets: {Shop: {}}\n", "f.yml:5:21: \"Shop\" is no name of a bucket"},
           {"    buckets: {a/b: {}}\n", "is no name of a bucket"},
           {"    buckets: {shop: {colour: red}}\n", "\"colour\" is not known here"},
           {"    buckets: {shop: {versioning: on}}\n", "f.yml:5:34: enabled, suspended or off"},
           {"    buckets: {shop: {lock: perhaps}}\n", "on, off, or a mapping"},
           {"    buckets: {shop: {lock: {mode: soft, days: 1}}}\n", "governance or compliance"},
           {"    buckets: {shop: {lock: {mode: governance}}}\n", "either \"days\" or \"years\""},
           {"    buckets: {shop: {quota: 10 GigaBytes}}\n", "a size is wanted here"},
           {"    buckets: {shop: {quota: -1}}\n", "a size is wanted here"},
           {"    buckets: {shop: {quota: 1.5GiB}}\n", "a size is wanted here"},
           {"    buckets: {shop: {policy: public}}\n", "f.yml:5:30: none, any, a document"},
           {"    buckets: {shop: {policy: {file: /nowhere/p.json}}}\n",
            "/nowhere/p.json: can't be read"},
           {"    buckets: {shop: {lifecycle: <Rule/>}}\n", "no LifecycleConfiguration"},
           {"    buckets: {shop: {}, shop: {}}\n", "second time"},
           {"    bucket_survey: {interval: 10ms}\n", "the shortest \"interval\" is 1s"},
       }) {
    CAPTURE(c.text);
    const auto config = Read(c.text);
    REQUIRE_FALSE(config);
    CHECK(config.error().message.find(c.fault) != std::string::npos);
    CAPTURE(config.error().message);
  }
  const auto keyless = YamlValue::Parse("clusters: [{seeds: [a], buckets: {shop: {}}}]", "f.yml");
  CHECK_FALSE(ReadConfig(*keyless));
}

TEST_CASE("requests are in the form that is signed") {
  CHECK(AskUploadsOf("shop", "a/b c~\xc3\xa4").target == "/shop?prefix=a%2Fb%20c~%C3%A4&uploads=");
  CHECK(AskBucketDocument("shop", "object-lock").target == "/shop?object-lock=");
}

}  // namespace
}  // namespace replicawatch::minio
