#include "exporters/mongo/pool.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "exporters/mongo/watcher.h"
#include "tests/unit/mongo/fake_session.h"
#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The recorded healthy set, by address.
struct FakeSet {
  FakeSet() {
    for (const char* port : {"27101", "27102", "27103"}) {
      auto node = std::make_shared<FakeNode>();
      for (const char* command : {"hello", "replSetGetStatus", "serverStatus", "replSetGetConfig",
                                  "currentOp", "collStats", "getParameter"}) {
        node->Answer(command, ReadTestdata(std::string("mongo/6.0.5/healthy/") + port + "." +
                                           command + ".bson"));
      }
      for (const char* command : {"getDiagnosticData", "buildInfo"})
        node->Answer(command,
                     ReadTestdata(std::string("mongo/6.0.5/healthy/27103.") + command + ".bson"));
      nodes[std::string("127.0.0.1:") + port] = node;
    }
    nodes["localhost:27101"] = nodes["127.0.0.1:27101"];
  }

  Connect Connects() const {
    return [copy = nodes](const std::string& address) { return FakeSessions(copy.at(address)); };
  }

  std::map<std::string, std::shared_ptr<FakeNode>> nodes;
};

/// Makes sure that a pool ends before what its threads use.
struct RunningPool {
  RunningPool(const FakeSet& set, const std::vector<std::string>& seeds, PoolOptions options = {})
      : pool(std::make_shared<Pool>(set.Connects(), options)) {
    pool->Start(seeds);
  }
  ~RunningPool() { pool->Stop(); }

  std::vector<WatchedNode> Nodes() const {
    std::vector<WatchedNode> nodes;
    pool->Look([&](std::span<const WatchedNode> now, const ReplicationHistory&) {
      nodes.assign(now.begin(), now.end());
    });
    return nodes;
  }

  const std::shared_ptr<Pool> pool;
};

TEST_CASE("the first scrape through one seed waits for all members that it leads to") {
  const FakeSet set;
  const RunningPool running(set, {"localhost:27101"});
  running.pool->AskAll(Deadline::After(seconds(5)));
  const std::vector<WatchedNode> nodes = running.Nodes();
  REQUIRE(nodes.size() == 3);
  for (const WatchedNode& node : nodes) {
    CHECK(node.answered());
    CHECK(node.facts->status != nullptr);
  }
  CHECK(nodes[0].address == "localhost:27101");
  CHECK(nodes[0].name == "127.0.0.1:27101");
}

TEST_CASE("a silent member costs a scrape's time once") {
  const FakeSet set;
  const RunningPool running(set, {"127.0.0.1:27101"});
  running.pool->AskAll(Deadline::After(seconds(5)));
  set.nodes.at("127.0.0.1:27102")->Hang(true);
  running.pool->AskAll(Deadline::After(milliseconds(400)));
  // A second one that waited for the same silence again would last until ctest ends it.
  running.pool->AskAll(Deadline::After(std::chrono::hours(1)));
  for (const WatchedNode& node : running.Nodes()) {
    CHECK(node.answered() == (node.name != "127.0.0.1:27102"));
  }
  // Its late answer counts.
  set.nodes.at("127.0.0.1:27102")->Hang(false);
  const Deadline patience = Deadline::After(seconds(10));
  const auto all_answered = [&] {
    for (const WatchedNode& node : running.Nodes()) {
      if (!node.answered()) return false;
    }
    return true;
  };
  while (!all_answered() && !patience.Expired()) std::this_thread::sleep_for(milliseconds(20));
  CHECK(all_answered());
}

TEST_CASE("stopping ends a scrape that waits, and does not wait for a hanging member") {
  const FakeSet set;
  const RunningPool running(set, {"127.0.0.1:27101"});
  running.pool->AskAll(Deadline::After(seconds(5)));
  set.nodes.at("127.0.0.1:27103")->Hang(true);
  std::thread scrape([&] { running.pool->AskAll(Deadline::After(std::chrono::hours(1))); });
  set.nodes.at("127.0.0.1:27103")->AwaitHanging();
  running.pool->Stop();
  scrape.join();
  // Only now, so that neither of them can have waited for it.
  set.nodes.at("127.0.0.1:27103")->Hang(false);
}

TEST_CASE("members that answer no more stay known") {
  const FakeSet set;
  const RunningPool running(set, {"127.0.0.1:27103"});
  running.pool->AskAll(Deadline::After(seconds(5)));
  REQUIRE(running.Nodes().size() == 3);
  for (const auto& [address, node] : set.nodes) {
    node->Fail(Error{ErrorCode::kConnect, "connection refused"});
  }
  running.pool->AskAll(Deadline::After(seconds(5)));
  CHECK(running.Nodes().size() == 3);
  for (const WatchedNode& node : running.Nodes()) CHECK_FALSE(node.answered());
}

TEST_CASE("one member is asked by its name, and nobody else") {
  const FakeSet set;
  const RunningPool running(set, {"localhost:27101"});
  running.pool->AskAll(Deadline::After(seconds(5)));
  set.nodes.at("127.0.0.1:27102")->Hang(true);
  const auto node = running.pool->AskOne("127.0.0.1:27101", Deadline::After(seconds(5)), {});
  REQUIRE(node);
  CHECK(node->answered());
  CHECK_FALSE(running.pool->AskOne("127.0.0.1:1", Deadline::After(seconds(5)), {}));
  const auto silent =
      running.pool->AskOne("127.0.0.1:27102", Deadline::After(milliseconds(200)), {});
  REQUIRE(silent);
  CHECK_FALSE(silent->answered());
  set.nodes.at("127.0.0.1:27102")->Hang(false);
}

TEST_CASE("a pool that does not follow the set asks its seed, when somebody wants to know") {
  const FakeSet set;
  const RunningPool running(set, {"127.0.0.1:27101"}, {.login = true, .follow = false});
  CHECK(set.nodes.at("127.0.0.1:27101")->TakeCalls().empty());
  const auto node =
      running.pool->AskOne("127.0.0.1:27101", Deadline::After(seconds(5)), {Topic::kNode});
  REQUIRE(node);
  CHECK(node->answered());
  CHECK(running.Nodes().size() == 1);
  CHECK(set.nodes.at("127.0.0.1:27101")->TakeCalls() ==
        std::vector<std::string>{"login hello", "login connectionStatus", "login replSetGetStatus",
                                 "login serverStatus", "login replSetGetConfig", "login currentOp",
                                 "login collStats", "login getParameter", "login getDiagnosticData",
                                 "login buildInfo", "login replSetGetStatus",
                                 "login replSetGetConfig"});
  CHECK(set.nodes.at("127.0.0.1:27102")->TakeCalls().empty());
}

TEST_CASE("a scrape publishes the set, and the collectors that it chose") {
  const FakeSet set;
  MongoWatcher watcher({"", {"127.0.0.1:27102"}, false}, set.Connects());
  CollectorSet all;
  all.Add(0);
  all.Add(1);
  SampleSink sink;
  watcher.Scrape({Deadline::After(seconds(5)), all}, sink);
  const Snapshot page = sink.Finish();
  CHECK(page.duplicates == 0);
  const auto lines = [&](std::string_view name) {
    return std::count_if(page.lines.begin(), page.lines.end(),
                         [&](const Line& line) { return line.desc->name == name; });
  };
  CHECK(lines("replicawatch_member_up") == 3);
  CHECK(lines("replicawatch_member_role") == 30);
  CHECK(lines("replicawatch_replication_lag_seconds") == 2);
  CHECK(lines("replicawatch_mongo_member_state") == 3);
  REQUIRE(watcher.Latest());
  CHECK(watcher.Latest()->cluster == "rs0");

  SampleSink few;
  watcher.Scrape({Deadline::After(seconds(5)), CollectorSet()}, few);
  CHECK(few.Finish().lines.size() < 20);
  watcher.Stop();
}

}  // namespace
}  // namespace replicawatch::mongo
