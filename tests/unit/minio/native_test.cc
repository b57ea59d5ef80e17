#include "exporters/minio/native.h"

#include <doctest/doctest.h>

#include <map>
#include <mutex>

#include "tests/unit/minio/fake_server.h"

namespace replicawatch::minio {
namespace {

using namespace std::chrono_literals;

/// Three nodes whose answers to the metrics pages a test sets by node; they all live.
class FakePages {
 public:
  FakePages() {
    for (size_t i = 0; i < 3; ++i) {
      servers_.push_back(std::make_unique<FakeServer>(
          [this, i](const std::string& request) { return Answer(i, request); }));
      const NodeAddress address{servers_.back()->name(), false};
      nodes_[address.name] = std::make_unique<Node>(client_, address);
      members_.push_back(nodes_[address.name].get());
      nodes_[address.name]->Probe(Clock::now());
    }
    RunUntil([&] {
      return std::all_of(members_.begin(), members_.end(),
                         [](const Node* node) { return node->serves(); });
    });
  }

  void Set(size_t node, const std::string& page, const std::string& answer) {
    const std::lock_guard lock(mutex_);
    answers_[{node, page}] = answer;
  }
  std::vector<std::string> TakeRequests() {
    const std::lock_guard lock(mutex_);
    return std::exchange(requests_, {});
  }
  HttpClient& client() { return client_; }
  const Nodes& nodes() const { return nodes_; }

  template <class Condition>
  void RunUntil(const Condition& condition, NativeRelay* relay = nullptr) {
    const TimePoint give_up = Clock::now() + 30s;
    while (!condition() && Clock::now() < give_up) {
      TimePoint until = Clock::now() + 50ms;
      if (relay != nullptr) until = std::min(until, relay->Tick(nodes_, Clock::now()));
      client_.Run(until);
    }
    REQUIRE(condition());
  }

  struct Scraped {
    std::shared_ptr<const NativeView> view;
    Duration took;
    const std::string* page(size_t node, const FakePages& fakes) const {
      for (const NativeNodePage& page : view->nodes) {
        if (page.member == fakes.servers_[node]->name()) return page.text.get();
      }
      return nullptr;
    }
  };
  Scraped Scrape(NativeRelay& relay, Duration budget = 9s) {
    const TimePoint start = Clock::now();
    TimePoint wake;
    RunUntil(
        [&] {
          const TimePoint now = Clock::now();
          return relay.Settle(members_, start, now >= start + budget, now, wake);
        },
        &relay);
    return {relay.Look(members_, Clock::now()), Clock::now() - start};
  }

 private:
  std::string Answer(size_t node, const std::string& request) {
    if (request.starts_with("GET /minio/health/live "))
      return FakeServer::Http(200, "X-Amz-Request-Id: 18EADF0892355DD4\r\n", "");
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    for (const char* page : {"node", "cluster", "bucket"}) {
      if (!request.starts_with("GET /minio/v2/metrics/" + std::string(page) + " ")) continue;
      const auto answer = answers_.find({node, page});
      if (answer != answers_.end()) return answer->second;
      return FakeServer::Http(200, "", "minio_" + std::string(page) + " 1\n");
    }
    return FakeServer::Http(404, "", "");
  }

  HttpClient client_{{}};
  std::mutex mutex_;
  std::map<std::pair<size_t, std::string>, std::string> answers_;
  std::vector<std::string> requests_;
  std::vector<std::unique_ptr<FakeServer>> servers_;
  Nodes nodes_;
  std::vector<const Node*> members_;
};

const S3Key kKey{"access", Secret("hush"), "us-east-1"};

TEST_CASE("native relay: all pages, by a token that holds no secret") {
  FakePages fakes;
  NativeRelay relay(fakes.client(), &kKey, NativeRelay::Pages::kAll);
  const auto scraped = fakes.Scrape(relay);
  for (size_t i = 0; i < 3; ++i) {
    REQUIRE(scraped.page(i, fakes) != nullptr);
    CHECK(*scraped.page(i, fakes) == "minio_node 1\n");
  }
  REQUIRE(scraped.view->pages.size() == 2);
  for (const NativeClusterPage& page : scraped.view->pages) CHECK(page.text != nullptr);
  const auto requests = fakes.TakeRequests();
  CHECK(requests.size() == 5);
  for (const std::string& request : requests) {
    CHECK(request.find("Authorization: Bearer ey") != std::string::npos);
    CHECK(request.find("hush") == std::string::npos);
  }
  fakes.Scrape(relay);
  CHECK(fakes.TakeRequests().size() == 3);
}

TEST_CASE("native relay: without a key it asks without a token; when it is off, nothing") {
  FakePages fakes;
  NativeRelay open(fakes.client(), nullptr, NativeRelay::Pages::kAll);
  CHECK(fakes.Scrape(open).page(0, fakes) != nullptr);
  for (const std::string& request : fakes.TakeRequests())
    CHECK(request.find("Authorization") == std::string::npos);
  NativeRelay off(fakes.client(), &kKey, NativeRelay::Pages::kNone);
  CHECK(off.Tick(fakes.nodes(), Clock::now()) == TimePoint::max());
  CHECK(off.Look({}, Clock::now()) == nullptr);
  CHECK(fakes.TakeRequests().empty());
}

TEST_CASE("native relay: a page that hangs costs one wait, then none, until it comes") {
  FakePages fakes;
  NativeRelay relay(fakes.client(), &kKey, NativeRelay::Pages::kAll);
  fakes.Scrape(relay);
  fakes.Set(1, "node", "");
  const auto first = fakes.Scrape(relay);
  CHECK(first.took < 4s);
  CHECK(first.page(0, fakes) != nullptr);
  CHECK(first.page(1, fakes) == nullptr);
  CHECK(first.page(2, fakes) != nullptr);
  fakes.TakeRequests();
  const auto second = fakes.Scrape(relay);
  CHECK(second.took < 1s);
  CHECK(second.page(1, fakes) == nullptr);
  CHECK(fakes.TakeRequests().size() == 2);  // the old question is still under way
}

TEST_CASE("native relay: a scrape that has to end gets what has come, and nothing old") {
  FakePages fakes;
  NativeRelay relay(fakes.client(), &kKey, NativeRelay::Pages::kAll);
  fakes.Scrape(relay);
  fakes.Set(2, "node", "");
  const auto scraped = fakes.Scrape(relay, 300ms);
  CHECK(scraped.took < 2s);
  CHECK(scraped.page(0, fakes) != nullptr);
  CHECK(scraped.page(2, fakes) == nullptr);
}

TEST_CASE("native relay: after a refusal nobody is asked for a while") {
  FakePages fakes;
  const std::string refusal = FakeServer::Http(403, "", R"({"Code":"AccessDenied"})");
  for (size_t i = 0; i < 3; ++i) {
    for (const char* page : {"node", "cluster", "bucket"}) fakes.Set(i, page, refusal);
  }
  NativeRelay relay(fakes.client(), &kKey, NativeRelay::Pages::kAll);
  for (size_t i = 0; i < 3; ++i) CHECK(fakes.Scrape(relay).page(i, fakes) == nullptr);
  CHECK(fakes.TakeRequests().size() <= 5);
  CHECK(relay.Tick(fakes.nodes(), Clock::now()) > Clock::now() + 30s);
}

TEST_CASE("native relay: one node that refuses, as it has just started, stops no other one") {
  FakePages fakes;
  NativeRelay relay(fakes.client(), &kKey, NativeRelay::Pages::kAll);
  fakes.Scrape(relay);
  fakes.Set(1, "node", FakeServer::Http(403, "", R"({"Code":"AccessDenied"})"));
  for (int i = 0; i < 2; ++i) {
    const auto scraped = fakes.Scrape(relay);
    CHECK(scraped.page(0, fakes) != nullptr);
    CHECK(scraped.page(1, fakes) == nullptr);
    CHECK(scraped.page(2, fakes) != nullptr);
  }
}

TEST_CASE("native relay: the cluster's pages come from the next node when one fails") {
  FakePages fakes;
  for (size_t i = 0; i < 3; ++i) fakes.Set(i, "bucket", FakeServer::Http(500, "", ""));
  NativeRelay relay(fakes.client(), &kKey, NativeRelay::Pages::kAll);
  const auto scraped = fakes.Scrape(relay);
  CHECK(scraped.view->pages[0].text != nullptr);
  CHECK(scraped.view->pages[0].age_seconds.has_value());
  CHECK(scraped.view->pages[1].text == nullptr);
  CHECK_FALSE(scraped.view->pages[1].age_seconds);
  // Later than the last good one may serve.
  const auto old = relay.Look({}, Clock::now() + 3min);
  CHECK(old->pages[0].text == nullptr);
}

}  // namespace
}  // namespace replicawatch::minio
