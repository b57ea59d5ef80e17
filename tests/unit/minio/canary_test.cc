#include "exporters/minio/canary.h"

#include <doctest/doctest.h>

#include <map>
#include <mutex>

#include "exporters/minio/parse/heal_status.h"
#include "exporters/minio/parse/s3_code.h"
#include "tests/unit/minio/fake_server.h"
#include "tests/unit/minio/recorded.h"

namespace replicawatch::minio {
namespace {

using namespace std::chrono_literals;
constexpr size_t kPut = 0, kGet = 1, kHead = 2, kDelete = 3;

/// One node of a store that keeps objects, and refuses or is silent where a test wants it: for the
/// order of the requests. What real nodes say and how they fail is in tests/e2e.
class FakeStore {
 public:
  FakeStore() : server_([this](const std::string& request) { return Answer(request); }) {}

  NodeAddress address() const { return {server_.name(), false}; }
  /// The answer to each request of this method from now on; empty: none.
  void Set(const std::string& method, const std::string& answer) {
    const std::lock_guard lock(mutex_);
    fixed_[method] = answer;
  }
  void Reset() {
    const std::lock_guard lock(mutex_);
    fixed_.clear();
  }
  std::vector<std::string> TakeRequests() {
    const std::lock_guard lock(mutex_);
    return std::exchange(requests_, {});
  }

 private:
  std::string Answer(const std::string& request) {
    const std::lock_guard lock(mutex_);
    const std::string method = request.substr(0, request.find(' '));
    const std::string line = request.substr(0, request.find(" HTTP/"));
    const std::string path = line.substr(method.size() + 1);
    if (path == "/minio/health/live")
      return FakeServer::Http(200, "X-Amz-Request-Id: 18EADF0892355DD4\r\n", "");
    requests_.push_back(line);
    if (path.starts_with("/minio/admin/v3/heal/")) return Heal(path);
    if (const auto fixed = fixed_.find(method); fixed != fixed_.end()) return fixed->second;
    if (method == "PUT") objects_[path] = request.substr(request.find("\r\n\r\n") + 4);
    if (method == "DELETE") objects_.erase(path);
    if (method == "PUT") return FakeServer::Http(200, "", "");
    if (method == "DELETE") return "HTTP/1.1 204 X\r\n\r\n";
    if (!objects_.contains(path)) return FakeServer::Http(404, "", "<Code>NoSuchKey</Code>");
    std::string answer = FakeServer::Http(200, "", objects_[path]);
    if (method == "HEAD") answer.resize(answer.find("\r\n\r\n") + 4);
    return answer;
  }

  /// A run that takes two questions now and then; of the objects that there are, ring/1 misses a
  /// shard.
  std::string Heal(const std::string& path) {
    if (path.ends_with("?forceStart=true"))
      return FakeServer::Http(200, "", R"({"clientToken":"to:ken"})");
    if (!path.ends_with("?clientToken=to%3Aken")) return FakeServer::Http(400, "", "");
    if (++polls_ % 8 == 1)
      return FakeServer::Http(200, "", R"({"Summary":"running","Items":null})");
    std::string items;
    for (const auto& [name, content] : objects_) {
      const std::string state = name.ends_with("/ring/1") ? "missing" : "ok";
      items += std::string(items.empty() ? "" : ",") + R"({"type":"object","object":")" +
               name.substr(3) + R"(","dataBlocks":1,"parityBlocks":1,"before":{"drives":[)" +
               R"({"state":"ok"},{"state":")" + state + R"("}]}})";
    }
    return FakeServer::Http(200, "", R"({"Summary":"finished","Items":[)" + items + "]}");
  }

  std::mutex mutex_;
  int polls_ = 0;
  std::map<std::string, std::string> objects_;
  std::map<std::string, std::string> fixed_;
  std::vector<std::string> requests_;
  FakeServer server_;
};

std::string Refuse(int status, const std::string& code) {
  return FakeServer::Http(
      status, "",
      "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>no</Message></Error>");
}

class Round {
 public:
  explicit Round(FakeStore& store)
      : store_(store), node_(client_, store.address(), &key_, settings_) {}

  /// Runs one round to its end.
  CanaryNodeView Run() {
    store_.TakeRequests();
    node_.Begin();
    const TimePoint give_up = Clock::now() + 30s;
    while (node_.running() && Clock::now() < give_up) client_.Run(give_up);
    REQUIRE_FALSE(node_.running());
    return node_.Look(Clock::now());
  }

 private:
  FakeStore& store_;
  HttpClient client_{{}};
  const S3Key key_{"access", Secret("hush"), "us-east-1"};
  const CanarySettings settings_{"b u", "p/q", 1s, false};
  CanaryNode node_;
};

TEST_CASE("canary: keys in turn, each written, read, looked at, and deleted a round later") {
  FakeStore store;
  Round round(store);
  const std::string key = "/b%20u/p/q/nodes/127.0.0.1%3A" + store.address().name.substr(10) + "/";
  for (const std::string slot : {"0", "1", "2", "0"}) {
    const CanaryNodeView view = round.Run();
    for (const CanaryOutcome& outcome : view.outcomes) CHECK(outcome.success == true);
    CHECK(view.age_seconds.has_value());
    const std::string other = slot == "0" ? "2" : slot == "1" ? "0" : "1";
    CHECK(store.TakeRequests() == std::vector<std::string>{"PUT " + key + slot, "GET " + key + slot,
                                                           "HEAD " + key + slot,
                                                           "DELETE " + key + other});
  }
}

TEST_CASE("canary: after a refused PUT there is no DELETE, and the old object is read") {
  FakeStore store;
  Round round(store);
  store.Set("PUT", Refuse(503, "SlowDownWrite"));
  CanaryNodeView view = round.Run();
  CHECK(view.outcomes[kPut].success == false);
  CHECK(view.outcomes[kPut].code == "SlowDownWrite");
  CHECK_FALSE(view.outcomes[kGet].success);
  CHECK(store.TakeRequests().size() == 1);
  store.Reset();
  round.Run();
  store.Set("PUT", Refuse(503, "SlowDownWrite"));
  for (int i = 0; i < 2; ++i) {
    view = round.Run();
    CHECK(view.outcomes[kPut].success == false);
    CHECK(view.outcomes[kGet].success == true);
    CHECK(view.outcomes[kHead].success == true);
    CHECK_FALSE(view.outcomes[kDelete].success);
    CHECK(store.TakeRequests().size() == 3);
  }
  store.Reset();
  view = round.Run();
  CHECK(view.outcomes[kDelete].success == true);
  CHECK(view.outcomes[kPut].attempts == 5);
  CHECK(view.outcomes[kPut].failures == 3);
  CHECK(view.outcomes[kDelete].attempts == 2);
}

TEST_CASE("canary: a connection that breaks ends the round, at whichever request") {
  FakeStore store;
  Round round(store);
  round.Run();
  const std::vector<std::string> methods = {"PUT", "GET", "HEAD", "DELETE"};
  for (size_t i = 0; i < methods.size(); ++i) {
    CAPTURE(methods[i]);
    store.Set(methods[i], "close");
    const CanaryNodeView view = round.Run();
    CHECK(view.outcomes[i].code == "protocol");
    // libcurl itself asks again once, when the kept connection may have been closed long ago.
    for (const std::string& request : store.TakeRequests()) {
      const std::string method = request.substr(0, request.find(' '));
      CHECK(std::find(methods.begin(), methods.end(), method) - methods.begin() <=
            static_cast<ptrdiff_t>(i));
    }
    for (size_t later = i + 1; later < methods.size(); ++later)
      CHECK_FALSE(view.outcomes[later].success);
    store.Reset();
    CHECK(round.Run().outcomes[kDelete].success == true);
  }
}

TEST_CASE("canary: a key whose PUT was not answered is left alone for a while") {
  FakeStore store;
  Round round(store);
  round.Run();
  store.Set("PUT", "close");
  round.Run();
  store.Reset();
  for (const char* slot : {"2", "0", "2", "0"}) {
    CHECK(round.Run().outcomes[kDelete].success == true);
    CHECK(store.TakeRequests().front().ends_with(slot));
  }
}

TEST_CASE("canary: content that was not written is a failure, and nothing is deleted then") {
  FakeStore store;
  Round round(store);
  round.Run();
  store.Set("GET", FakeServer::Http(200, "", "something else"));
  CanaryNodeView view = round.Run();
  CHECK(view.outcomes[kGet].code == "content_mismatch");
  CHECK(view.outcomes[kHead].success == true);
  CHECK_FALSE(view.outcomes[kDelete].success);
  store.Reset();
  store.Set("HEAD", "HTTP/1.1 200 X\r\nContent-Length: 3\r\n\r\n");
  view = round.Run();
  CHECK(view.outcomes[kHead].code == "content_mismatch");
  CHECK_FALSE(view.outcomes[kDelete].success);
  store.Reset();
  store.Set("HEAD", "HTTP/1.1 404 X\r\n\r\n");
  CHECK(round.Run().outcomes[kHead].code == "http_404");
}

TEST_CASE("canary: nodes that hang hold up no other one") {
  std::vector<std::unique_ptr<FakeStore>> stores;
  for (int i = 0; i < 12; ++i) stores.push_back(std::make_unique<FakeStore>());
  HttpClient client({});
  const S3Key key{"access", Secret("hush"), "us-east-1"};
  const std::optional<CanarySettings> settings = CanarySettings{"b", "p", 1s, false};
  Nodes nodes;
  std::vector<const Node*> members;
  for (const auto& store : stores) {
    auto& node = nodes[store->address().name];
    node = std::make_unique<Node>(client, store->address());
    node->Probe(Clock::now());
    members.push_back(node.get());
  }
  const TimePoint give_up = Clock::now() + 30s;
  const auto all_serve = [&] {
    return std::all_of(members.begin(), members.end(), [](const Node* n) { return n->serves(); });
  };
  while (!all_serve() && Clock::now() < give_up) client.Run(give_up);
  // Three of them take part in nothing from now on, though they still seem to live.
  for (size_t i = 0; i < 3; ++i) stores[i]->Set("PUT", "");
  Canary canary(client, &key, settings);
  const auto done = [&] {
    const auto view = canary.Look(Clock::now());
    size_t count = 0;
    for (const CanaryNodeView& node : view->nodes) count += node.outcomes[kDelete].attempts >= 2;
    return count;
  };
  while (done() < 9 && Clock::now() < give_up)
    client.Run(std::min(give_up, canary.Tick(nodes, members, Clock::now())));
  CHECK(done() == 9);
}

TEST_CASE("redundancy: a ring is written and never read; what misses shards is not written again") {
  FakeStore store;
  HttpClient client({});
  const S3Key key{"access", Secret("hush"), "us-east-1"};
  const CanarySettings settings{"b", "p", 1ms, true};
  Nodes nodes;
  auto& node = nodes[store.address().name];
  node = std::make_unique<Node>(client, store.address());
  node->Probe(Clock::now());
  RedundancyProbe probe(client, &key, settings);
  std::map<std::string, int> requests;
  const TimePoint give_up = Clock::now() + 60s;
  while (requests["PUT /b/p/ring/0"] < 3 && Clock::now() < give_up) {
    client.Run(std::min({give_up, Clock::now() + 50ms, probe.Tick(nodes, Clock::now())}));
    for (const std::string& request : store.TakeRequests()) ++requests[request];
  }
  CHECK(requests["PUT /b/p/ring/0"] == 3);
  CHECK(requests["PUT /b/p/ring/1"] == 1);
  CHECK(requests["PUT /b/p/ring/15"] == 2);
  for (const auto& [request, count] : requests) {
    CAPTURE(request);
    CHECK((request.starts_with("PUT /b/p/ring/") ||
           request.starts_with("POST /minio/admin/v3/heal/b/p/ring/?")));
  }
  const auto view = probe.Look(Clock::now());
  REQUIRE(view);
  CHECK(view->success);
  CHECK(view->objects == 16);
  CHECK(view->under_replicated == 1);
  CHECK(view->shards_present == 1);
}

TEST_CASE("canary: without a key or settings nothing is done") {
  HttpClient client({});
  const S3Key key{"access", Secret("hush"), "us-east-1"};
  Canary no_settings(client, &key, std::nullopt);
  CHECK_FALSE(no_settings.enabled());
  CHECK(no_settings.Look(Clock::now()) == nullptr);
  const std::optional<CanarySettings> settings = CanarySettings{"b", "p", 1s, false};
  CHECK_FALSE(Canary(client, nullptr, settings).enabled());
}

TEST_CASE("codes of refusals are a bounded set") {
  CHECK(CodeLabel(404, "<Error><Code>NoSuchBucket</Code></Error>") == "NoSuchBucket");
  CHECK(CodeLabel(503, R"({"Code":"XMinioServerNotInitialized"})") == "XMinioServerNotInitialized");
  CHECK(CodeLabel(400, "<Error><Code>Made.Up</Code></Error>") == "http_4xx");
  CHECK(CodeLabel(403, "") == "http_403");
  CHECK(CodeLabel(404, "") == "http_404");
  CHECK(CodeLabel(599, "<html>") == "http_5xx");
  CHECK(CodeLabel(302, "") == "http_other");
}

TEST_CASE("heal run: recorded answers") {
  struct Case {
    const char* state;
    std::vector<std::pair<int, int>> objects;  // present, lost
  };
  for (const Case& c :
       std::initializer_list<Case>{{"4x1-healthy", {{4, 0}, {4, 0}}},
                                   {"4x1-one-down", {{3, 0}, {3, 0}, {3, 0}}},
                                   {"4x1-under-replicated", {{4, 0}, {3, 1}, {3, 1}}}}) {
    CAPTURE(c.state);
    const std::string folder = c.state;
    CHECK(ParseHealStart(ReadRecorded(folder + "/heal-start.json"))->ends_with(":0"));
    const auto status = ParseHealStatus(ReadRecorded(folder + "/heal-status.json"));
    REQUIRE(status);
    CHECK(status->finished);
    REQUIRE(status->objects.size() == c.objects.size());
    for (size_t i = 0; i < c.objects.size(); ++i) {
      CHECK(status->objects[i].name == "replicawatch/ring/" + std::to_string(i));
      CHECK(status->objects[i].present == c.objects[i].first);
      CHECK(status->objects[i].lost == c.objects[i].second);
      CHECK(status->objects[i].data == 2);
      CHECK(status->objects[i].parity == 2);
    }
  }
}

TEST_CASE("heal run: what is no answer, has no end, or is cut") {
  CHECK(ParseHealStatus(R"({"Summary":"finished","Items":null})")->finished);
  CHECK_FALSE(ParseHealStatus(R"({"Summary":"running"})")->finished);
  CHECK(ParseHealStatus(R"({"Summary":"stopped"})").error().code == ErrorCode::kProtocol);
  CHECK_FALSE(ParseHealStatus("[]"));
  CHECK_FALSE(ParseHealStart(R"({"clientToken":""})"));
  CHECK_FALSE(ParseHealStart(R"({"clientToken":")" + std::string(300, 'x') + "\"}"));
  const std::string whole = ReadRecorded("4x1-under-replicated/heal-status.json");
  CHECK(ParseHealStatus(whole, 2).error().code == ErrorCode::kLimit);
  const size_t end = whole.find_last_of('}');
  for (size_t i = 0; i < end; ++i) CHECK_FALSE(ParseHealStatus(whole.substr(0, i)));
}

}  // namespace
}  // namespace replicawatch::minio
