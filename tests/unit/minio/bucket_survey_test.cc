#include "exporters/minio/bucket_survey.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>

#include "tests/unit/minio/fake_server.h"
#include "tests/unit/minio/recorded.h"

namespace replicawatch::minio {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kId = "X-Amz-Request-Id: 18EADF0892355DD4\r\n";

/// Two nodes that know the recorded bucket `shop`. Shows what is asked of whom and how often; what
/// real nodes say is in the recorded answers.
class FakeStore {
 public:
  std::array<std::atomic<int>, 2> policy_status{200, 200};  // by node
  std::atomic<int> account_status{200};                     // of both
  std::array<std::atomic<int>, 2> policies{};  // times that the node was asked for the policy
  std::atomic<const char*> uploads_refusal{nullptr};  // the code; null: it has none to tell of
  std::atomic<int> lists{0};                          // times that any was asked for all buckets

  FakeStore() {
    for (const FakeServer* server : {&first_, &second_})
      nodes_[server->name()] = std::make_unique<Node>(client_, NodeAddress{server->name(), false});
  }

  /// Lets the survey work until what is wanted is there.
  template <class Wanted>
  void Run(Wanted wanted) {
    for (const Deadline end = Deadline::After(20s); !wanted();) {
      REQUIRE_FALSE(end.Expired());
      const TimePoint now = Clock::now();
      TimePoint next = now + 100ms;
      for (const auto& [name, node] : nodes_) node->Tick(now);
      next = std::min(next, survey_.Tick(nodes_, now));
      client_.Run(next);
    }
  }
  /// Until the list of all buckets has been asked for `count` times more.
  void RunLists(int count) {
    const int last = lists + count;
    Run([&] { return lists >= last; });
  }

  std::vector<std::pair<BucketAspect, bool>> Drift() {
    const auto facts = survey_.Facts();
    return facts ? facts->buckets[0].drift : std::vector<std::pair<BucketAspect, bool>>();
  }
  std::shared_ptr<const BucketFacts> Facts() { return survey_.Facts(); }
  BucketAges Ages() const { return survey_.Ages(Clock::now()); }
  int policies_asked() const { return policies[0] + policies[1]; }

 private:
  static BucketSettings Settings() {
    BucketSettings settings;
    settings.declared.resize(1);
    settings.declared[0].name = "shop";
    settings.declared[0].versioning = Versioning::kEnabled;
    settings.declared[0].documents[BucketAspect::kPolicy] = {true, ""};
    settings.interval = 50ms;
    return settings;
  }

  std::string Answer(size_t node, const std::string& request) {
    const auto http = [](int status, const std::string& body) {
      return FakeServer::Http(status, std::string(kId), body);
    };
    const auto asks = [&](const char* what) { return request.starts_with(what); };
    if (asks("GET /minio/health/")) return http(200, "");
    if (asks("GET /minio/admin/v3/accountinfo ")) {
      ++lists;
      return http(account_status, account_status == 200
                                      ? ReadRecorded("4x1-buckets/accountinfo.json")
                                      : R"({"Code":"NotImplemented"})");
    }
    if (asks("GET / ")) return http(200, ReadRecorded("4x1-buckets/buckets.xml"));
    if (asks("GET /shop?versioning= "))
      return http(200, ReadRecorded("4x1-buckets/shop-versioning"));
    if (asks("GET /shop?policy= ")) {
      ++policies[node];
      const int status = policy_status[node];
      if (status == 200) return http(200, ReadRecorded("4x1-buckets/shop-policy"));
      return http(status, status == 403 ? "<Error><Code>AccessDenied</Code></Error>" : "");
    }
    if (asks("GET /shop?uploads= ")) {
      const char* code = uploads_refusal;
      if (code == nullptr) return http(200, ReadRecorded("4x1-buckets/vault-uploads"));
      return http(std::string_view(code) == "NoSuchBucket" ? 404 : 403,
                  "<Error><Code>" + std::string(code) + "</Code></Error>");
    }
    // Neither drives nor replication: the seeds stay the members.
    return http(403, R"({"Code":"AccessDenied"})");
  }

  FakeServer first_{[this](const std::string& request) { return Answer(0, request); }};
  FakeServer second_{[this](const std::string& request) { return Answer(1, request); }};
  const S3Key key_{"access", Secret("hush"), "us-east-1"};
  const BucketSettings settings_ = Settings();
  HttpClient client_{HttpClient::Options{}};
  Nodes nodes_;
  BucketSurvey survey_{client_, &key_, settings_};
};

using Drift = std::vector<std::pair<BucketAspect, bool>>;

const Drift kAsDeclared = {{BucketAspect::kVersioning, false}, {BucketAspect::kPolicy, false}};
const Drift kWithoutPolicy = {{BucketAspect::kVersioning, false}};

TEST_CASE("bucket survey: what is refused is asked once, counted and left out, and rounds go on") {
  FakeStore store;
  store.policy_status[0] = store.policy_status[1] = 403;
  store.Run([&] { return store.policies_asked() > 0 && store.Ages().documents; });
  store.RunLists(5);
  CHECK(store.policies_asked() == 1);
  CHECK(store.Drift() == kWithoutPolicy);
  CHECK(store.Facts()->refused.at("policy") == 1);
}

TEST_CASE("bucket survey: the last good answer serves until it is refused") {
  FakeStore store;
  store.Run([&] { return store.Drift() == kAsDeclared; });
  CHECK_FALSE(store.Facts()->refused.contains("policy"));
  store.policy_status[0] = store.policy_status[1] = 503;
  store.RunLists(3);
  CHECK(store.Drift() == kAsDeclared);
  store.policy_status[0] = store.policy_status[1] = 403;
  store.Run([&] { return store.Drift() == kWithoutPolicy; });
}

TEST_CASE("bucket survey: when one node can't answer, the next one is asked") {
  for (const size_t broken : {0U, 1U}) {
    CAPTURE(broken);
    FakeStore store;
    store.policy_status[broken] = 503;
    store.Run([&] { return store.Drift() == kAsDeclared && store.Ages().documents; });
    CHECK(store.policies[1 - broken] > 0);
  }
}

TEST_CASE("bucket survey: uploads that are not told of are not none") {
  for (const char* code : {"AccessDenied", "InvalidAccessKeyId", "NoSuchBucket"}) {
    CAPTURE(std::string(code));
    FakeStore store;
    store.uploads_refusal = code;
    store.Run([&] { return store.Drift() == kAsDeclared; });
    for (int i = 0; i < 3; ++i) {
      store.RunLists(1);
      CHECK_FALSE(store.Facts()->buckets[0].uploads);
    }
    store.uploads_refusal = nullptr;
    // What is refused is not asked again so soon.
    if (std::string_view(code) != "NoSuchBucket") continue;
    store.Run([&] { return store.Facts()->buckets[0].uploads == 0; });
  }
}

TEST_CASE("bucket survey: without accountinfo ListBuckets and the documents stand in") {
  // A server that does not know it, and one that can't answer it for now.
  for (const int status : {501, 503}) {
    CAPTURE(status);
    FakeStore store;
    store.account_status = status;
    store.Run([&] { return store.Drift() == kAsDeclared; });
    CHECK(store.Ages().list);
    CHECK_FALSE(store.Ages().account);
    CHECK(store.Facts()->buckets[0].exists == true);
    CHECK_FALSE(store.Facts()->buckets[0].bytes);
    CHECK(store.Facts()->unexpected == 5);
  }
}

}  // namespace
}  // namespace replicawatch::minio
