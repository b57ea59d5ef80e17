#include "exporters/minio/watcher.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/unit/minio/fake_server.h"

namespace replicawatch::minio {
namespace {

using namespace std::chrono_literals;

enum class Mode { kServes, kHangs, kWaits, kRefusesKey };

/// Four nodes with one drive each, whose answers a test changes while the watcher runs. Shows how
/// the watcher deals with time and silence; what real nodes say is in the recorded answers.
class FakeCluster {
 public:
  FakeCluster() {
    for (int i = 0; i < 4; ++i) Start(i);
  }

  void Set(int i, Mode mode) { modes_[static_cast<size_t>(i)] = mode; }
  void Kill(int i) { server(i).reset(); }
  void Start(int i) {
    auto& slot = server(i);
    slot = std::make_unique<FakeServer>(
        [this, i](const std::string& request) { return Answer(i, request); },
        ports_[static_cast<size_t>(i)]);
    ports_[static_cast<size_t>(i)] = slot->port();
  }
  std::string Name(int i) const {
    return "127.0.0.1:" + std::to_string(ports_[static_cast<size_t>(i)]);
  }

 private:
  std::unique_ptr<FakeServer>& server(int i) { return servers_[static_cast<size_t>(i)]; }

  std::string Answer(int i, const std::string& request) {
    const std::string id = "X-Amz-Request-Id: 18EADF0892355DD4\r\n";
    const Mode mode = modes_[static_cast<size_t>(i)];
    if (mode == Mode::kHangs) return "";
    const bool waits = mode == Mode::kWaits;
    if (request.starts_with("GET /minio/health/live ")) {
      return FakeServer::Http(200, id + (waits ? "X-Minio-Server-Status: offline\r\n" : ""), "");
    }
    if (waits) return FakeServer::Http(503, id, R"({"Code":"XMinioServerNotInitialized"})");
    if (request.starts_with("GET /minio/health/")) return FakeServer::Http(200, id, "");
    if (mode == Mode::kRefusesKey) {
      return FakeServer::Http(403, id, R"({"Code":"SignatureDoesNotMatch"})");
    }
    if (request.starts_with("GET /minio/admin/v3/storageinfo ")) {
      return FakeServer::Http(200, id, StorageInfo());
    }
    return FakeServer::Http(403, id, R"({"Code":"AccessDenied"})");
  }

  std::string StorageInfo() const {
    std::string disks;
    for (int i = 0; i < 4; ++i) {
      disks += std::string(i > 0 ? "," : "") + R"({"endpoint":"http://)" + Name(i) +
               R"(/d","state":"ok","pool_index":0,"set_index":0})";
    }
    return R"({"Backend":{"TotalSets":[1],"DrivesPerSet":[4],"StandardSCData":[2]},"Disks":[)" +
           disks + "]}";
  }

  std::array<uint16_t, 4> ports_{};
  std::array<std::atomic<Mode>, 4> modes_{};
  std::array<std::unique_ptr<FakeServer>, 4> servers_;
};

WatchOptions Options(const FakeCluster& cluster, int seed = 0, bool with_key = true) {
  WatchOptions options;
  options.seeds = {{cluster.Name(seed), false}};
  if (with_key) options.nodes.key = S3Key{"access", Secret("hush"), "us-east-1"};
  return options;
}

struct Scraped {
  Duration took;
  std::shared_ptr<const Overview> overview;

  const MemberOverview& member(const std::string& name) const {
    for (const MemberOverview& member : overview->members) {
      if (member.name == name) return member;
    }
    FAIL("no such member");
    return overview->members.front();
  }
  int spare(size_t operation) const {
    return overview->groups.at(0).failures_tolerated.at(operation).count;
  }
};

Scraped Scrape(Watcher& watcher, Duration budget = 9s) {
  SampleSink sink;
  const TimePoint start = Clock::now();
  watcher.Scrape({Deadline::After(budget), {}}, sink);
  return {Clock::now() - start, watcher.Latest()};
}

TEST_CASE("watcher: the first scrape finds all nodes from one seed") {
  FakeCluster cluster;
  MinioWatcher watcher(Options(cluster, 2));
  const Scraped scraped = Scrape(watcher);
  REQUIRE(scraped.overview->members.size() == 4);
  for (const MemberOverview& member : scraped.overview->members) CHECK(member.up);
  CHECK(scraped.overview->groups.at(0).writable == true);
  CHECK(scraped.overview->cluster == cluster.Name(2));
  CHECK(scraped.took < 2s);
}

TEST_CASE("watcher: a hung node costs one wait, then none, and is back as soon as it answers") {
  FakeCluster cluster;
  MinioWatcher watcher(Options(cluster));
  Scrape(watcher);
  cluster.Set(3, Mode::kHangs);
  const Scraped first = Scrape(watcher);
  CHECK(first.took < 3s);
  CHECK(first.member(cluster.Name(3)).error->code == ErrorCode::kTimeout);
  for (int i = 0; i < 3; ++i) CHECK(first.member(cluster.Name(i)).up);
  CHECK(first.spare(0) == 0);
  const Scraped second = Scrape(watcher);
  CHECK(second.took < 1s);
  CHECK_FALSE(second.member(cluster.Name(3)).up);
}

TEST_CASE("watcher: a scrape ends by its deadline") {
  FakeCluster cluster;
  MinioWatcher watcher(Options(cluster));
  Scrape(watcher);
  cluster.Set(1, Mode::kHangs);
  const Scraped scraped = Scrape(watcher, 300ms);
  CHECK(scraped.took < 1s);
  CHECK(scraped.member(cluster.Name(1)).error->code == ErrorCode::kTimeout);
  CHECK(scraped.member(cluster.Name(2)).up);
}

TEST_CASE("watcher: dead nodes are refused, counted at once, and recover by themselves") {
  FakeCluster cluster;
  MinioWatcher watcher(Options(cluster));
  Scrape(watcher);
  cluster.Kill(0);
  cluster.Kill(1);
  const Scraped down = Scrape(watcher);
  CHECK(down.member(cluster.Name(0)).error->code == ErrorCode::kConnect);
  CHECK(down.overview->groups.at(0).writable == false);
  CHECK(down.spare(0) == -1);
  CHECK(down.spare(1) == 0);
  cluster.Start(0);
  cluster.Start(1);
  const Scraped back = Scrape(watcher);
  CHECK(back.spare(0) == 1);
  CHECK_FALSE(back.member(cluster.Name(0)).error);
}

TEST_CASE("watcher: started before the servers, or before they are initialised") {
  FakeCluster cluster;
  for (int i = 0; i < 4; ++i) cluster.Set(i, Mode::kWaits);
  MinioWatcher watcher(Options(cluster));
  const Scraped waiting = Scrape(watcher);
  CHECK(waiting.took < 2s);
  REQUIRE(waiting.overview->members.size() == 1);
  CHECK(waiting.overview->members[0].up);
  CHECK(waiting.overview->groups.empty());

  for (int i = 0; i < 4; ++i) cluster.Set(i, Mode::kServes);
  const TimePoint give_up = Clock::now() + 30s;
  while (Scrape(watcher).overview->members.size() < 4 && Clock::now() < give_up) {
    std::this_thread::sleep_for(50ms);
  }
  CHECK(watcher.Latest()->groups.at(0).writable == true);
}

TEST_CASE("watcher: a refused key is the member's error, and its health is still told") {
  FakeCluster cluster;
  for (int i = 0; i < 4; ++i) cluster.Set(i, Mode::kRefusesKey);
  MinioWatcher watcher(Options(cluster));
  const Scraped scraped = Scrape(watcher);
  REQUIRE(scraped.overview->members.size() == 1);
  CHECK(scraped.overview->members[0].up);
  CHECK(scraped.overview->members[0].error->code == ErrorCode::kAuth);
  CHECK(scraped.overview->members[0].error->message.find("hush") == std::string::npos);
}

TEST_CASE("watcher: without a key only health is asked") {
  FakeCluster cluster;
  MinioWatcher watcher(Options(cluster, 0, false));
  const Scraped scraped = Scrape(watcher);
  REQUIRE(scraped.overview->members.size() == 1);
  CHECK(scraped.overview->members[0].up);
  CHECK_FALSE(scraped.overview->members[0].error);
}

TEST_CASE("watcher: Stop() ends a scrape that waits") {
  FakeCluster cluster;
  for (int i = 0; i < 4; ++i) cluster.Set(i, Mode::kHangs);
  MinioWatcher watcher(Options(cluster));
  const TimePoint start = Clock::now();
  std::thread scraper([&] {
    SampleSink sink;
    watcher.Scrape({Deadline::After(9s), {}}, sink);
  });
  watcher.Stop();
  scraper.join();
  CHECK(Clock::now() - start < 2s);
}

}  // namespace
}  // namespace replicawatch::minio
