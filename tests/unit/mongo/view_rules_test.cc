#include <doctest/doctest.h>

#include "exporters/mongo/parse/command_result.h"
#include "tests/unit/mongo/fixtures.h"

namespace replicawatch::mongo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ConfiguredMember Data(const char* host) { return {.host = host}; }
ConfiguredMember Arbiter(const char* host) {
  return {.host = host, .arbiter = true, .priority = 0};
}

TestSet Healthy() {
  TestSet set;
  set.Add(Data("a:1"), kStatePrimary);
  set.Add(Data("b:1"), kStateSecondary);
  set.Add(Data("c:1"), kStateSecondary);
  return set;
}

struct QuorumCase {
  const char* what;
  std::vector<ConfiguredMember> members;
  std::vector<size_t> lost;
  int write;
  int read;
  bool writable;
};

TEST_CASE("failures tolerated are counted by votes, data and priority, whichever is least") {
  const ConfiguredMember silent_vote{.host = "c:1", .priority = 0, .votes = 0};
  const ConfiguredMember never_primary{.host = "c:1", .priority = 0};
  const QuorumCase cases[] = {
      {"three with data", {Data("a:1"), Data("b:1"), Data("c:1")}, {}, 1, 2, true},
      {"one of three lost", {Data("a:1"), Data("b:1"), Data("c:1")}, {2}, 0, 1, true},
      {"two of three lost", {Data("a:1"), Data("b:1"), Data("c:1")}, {1, 2}, -1, 0, false},
      {"arbiter: no majority of copies to spare",
       {Data("a:1"), Data("b:1"), Arbiter("c:1")},
       {},
       0,
       1,
       true},
      {"arbiter, one copy lost", {Data("a:1"), Data("b:1"), Arbiter("c:1")}, {1}, -1, 0, false},
      {"a member without vote spares nothing",
       {Data("a:1"), Data("b:1"), silent_vote},
       {},
       0,
       2,
       true},
      {"a member that can't be elected counts for the majority",
       {Data("a:1"), Data("b:1"), never_primary},
       {},
       1,
       2,
       true},
      {"only one can be elected",
       {Data("a:1"), {.host = "b:1", .priority = 0}, never_primary},
       {},
       0,
       2,
       true},
      {"two arbiters: the servers ask all copies for a majority",
       {Data("a:1"), Data("b:1"), Arbiter("c:1"), Arbiter("d:1")},
       {},
       0,
       1,
       true},
      {"single member", {Data("a:1")}, {}, 0, 0, true},
  };
  for (const QuorumCase& test : cases) {
    CAPTURE(test.what);
    TestSet set;
    for (size_t i = 0; i < test.members.size(); ++i) {
      const int other = test.members[i].arbiter ? kStateArbiter : kStateSecondary;
      set.Add(test.members[i], i == 0 ? int{kStatePrimary} : other);
    }
    for (const size_t index : test.lost) set.Lose(index);
    const View view = set.Build();
    CHECK(Tolerated(view, "write") == test.write);
    CHECK(Tolerated(view, "read") == test.read);
    CHECK(view.overview.groups[0].writable == test.writable);
  }
}

TEST_CASE("the counts that the servers tell come before our own") {
  TestSet set = Healthy();
  ReplSetStatus status = *set.facts[0].status;
  status.majority_vote_count = 3;
  status.write_majority_count = 3;
  set.facts[0].status = std::make_shared<const ReplSetStatus>(status);
  CHECK(Tolerated(set.Build(), "write") == 0);
}

TEST_CASE("without a primary nothing can be written, and why is said") {
  TestSet set = Healthy();
  set.Lose(0);
  const View view = set.Build();
  const GroupOverview& group = view.overview.groups.at(0);
  CHECK(group.primaries == 0);
  CHECK(group.writable == false);
  CHECK(group.blocked_reasons == std::vector<std::string_view>{"no_primary"});
  CHECK(MemberOf(view, "a:1").role == "down");
  CHECK_FALSE(group.data_at_risk_seconds);
}

TEST_CASE("a user write block is a reason of its own") {
  TestSet set = Healthy();
  ServerStatus server;
  server.user_write_block_mode = 2;
  set.facts[0].server = std::make_shared<const ServerStatus>(server);
  CHECK(set.Build().overview.groups.at(0).blocked_reasons ==
        std::vector<std::string_view>{"read_only"});
}

TEST_CASE("an elected primary that still catches up is the primary and takes no writes") {
  TestSet set = Healthy();
  Hello hello = *set.facts[0].hello;
  hello.writable_primary = false;
  hello.secondary = true;
  set.facts[0].hello = std::make_shared<const Hello>(hello);
  const View view = set.Build();
  CHECK(MemberOf(view, "a:1").role == "primary");
  CHECK(view.overview.groups.at(0).primaries == 1);
  CHECK(view.overview.groups.at(0).writable == false);
}

TEST_CASE("a stale claimant is a second primary, the one with the newer term leads") {
  TestSet set = Healthy();
  set.facts.clear();
  set.config.members.clear();
  set.silent.clear();
  set.Add(Data("a:1"), kStatePrimary, {1, 100, 1});
  set.Add(Data("b:1"), kStatePrimary, {2, 110, 1});
  set.Add(Data("c:1"), kStateSecondary, {2, 110, 1});
  set.facts[1].claimed_at = set.now - seconds(3);
  set.facts[0].hello_asked_at = set.now;
  const View view = set.Build();
  CHECK(view.overview.groups.at(0).primaries == 2);
  CHECK(view.overview.groups.at(0).term == 2);
  CHECK_FALSE(MemberOf(view, "b:1").lag_seconds);

  // It may have stepped down since it was asked, or be about to.
  for (const auto after : {-milliseconds(1), milliseconds(500)}) {
    set.facts[0].hello_asked_at = set.facts[1].claimed_at + after;
    const View handover = set.Build();
    CHECK(handover.overview.groups.at(0).primaries == 1);
    CHECK(MemberOf(handover, "a:1").role == "secondary");
    CHECK(MemberOf(handover, "b:1").role == "primary");
  }
}

TEST_CASE("a primary that does not answer us but the others hear is still one") {
  TestSet set = Healthy();
  set.silent[0] = true;
  const View view = set.Build();
  CHECK(view.overview.groups.at(0).primaries == 1);
  CHECK(view.overview.groups.at(0).writable == true);
  CHECK(MemberOf(view, "a:1").role == "primary");
  CHECK(view.overview.members.at(0).up == false);
  CHECK(view.overview.members.at(0).error->code == ErrorCode::kTimeout);
}

TEST_CASE("a silent member that nobody has heard for longer than a heartbeat is down") {
  TestSet set = Healthy();
  set.silent[2] = true;
  set.now += seconds(4);
  const View view = set.Build();
  CHECK(MemberOf(view, "c:1").role == "down");
  CHECK_FALSE(MemberOf(view, "c:1").healthy);
  CHECK(Tolerated(view, "write") == 0);
}

TEST_CASE("when nobody answers, roles stay and what nobody knows is left out") {
  TestSet set = Healthy();
  for (size_t i = 0; i < 3; ++i) set.silent[i] = true;
  const View view = set.Build();
  const GroupOverview& group = view.overview.groups.at(0);
  CHECK(MemberOf(view, "a:1").role == "primary");
  CHECK_FALSE(group.primaries);
  CHECK_FALSE(group.writable);
  CHECK(group.failures_tolerated.empty());
  CHECK(group.views.empty());
  CHECK_FALSE(view.overview.up());
}

TEST_CASE("a member that the primary can't reach acknowledges nothing") {
  TestSet set = Healthy();
  std::vector<WatchedNode> nodes = set.Nodes();
  MemberFacts facts = *nodes[0].facts;
  ReplSetStatus status = *facts.status;
  status.members[2].healthy = false;
  facts.status = std::make_shared<const ReplSetStatus>(status);
  nodes[0].facts = std::make_shared<const MemberFacts>(facts);
  const View view = BuildView({"", "seed:1", nodes, set.history, set.now});
  CHECK(Tolerated(view, "write") == 0);
  CHECK(MemberOf(view, "c:1").role == "secondary");
}

TEST_CASE("roles come from state and configuration") {
  TestSet set;
  set.Add(Data("a:1"), kStatePrimary);
  set.Add({.host = "b:1", .hidden = true, .priority = 0}, kStateSecondary);
  set.Add({.host = "c:1", .hidden = true, .priority = 0, .delay_seconds = 60}, kStateSecondary);
  set.Add(Arbiter("d:1"), kStateArbiter);
  set.Add(Data("e:1"), kStateRecovering);
  set.Add(Data("f:1"), kStateStartup2);
  set.Add(Data("g:1"), kStateRollback);
  const View view = set.Build();
  CHECK(MemberOf(view, "b:1").role == "hidden");
  CHECK(MemberOf(view, "c:1").role == "delayed");
  CHECK(MemberOf(view, "d:1").role == "arbiter");
  CHECK(MemberOf(view, "e:1").role == "recovering");
  CHECK(MemberOf(view, "f:1").role == "startup");
  CHECK(MemberOf(view, "g:1").role == "rollback");
  CHECK_FALSE(MemberOf(view, "e:1").healthy);
  CHECK_FALSE(MemberOf(view, "d:1").lag_seconds);
}

/// The primary of the history was at `seconds` of the timestamp that many seconds ago.
void Seen(TestSet& set, uint32_t timestamp, seconds ago, int64_t term = 1) {
  MemberFacts facts = set.facts.at(0);
  Hello hello = *facts.hello;
  hello.last_write = OpTime{term, timestamp, 1};
  hello.last_write_ms = int64_t{timestamp} * 1000;
  hello.election_term = term;
  facts.hello = std::make_shared<const Hello>(hello);
  facts.hello_at = set.now - ago;
  set.history.Observe(facts);
}

TEST_CASE("lag is the time since the primary passed the member's position") {
  TestSet set = Healthy();
  Seen(set, 90, seconds(30));
  Seen(set, 100, seconds(20));
  Seen(set, 101, seconds(5));
  const View view = set.Build();
  CHECK(MemberOf(view, "b:1").lag_seconds == 5);
  CHECK(view.overview.groups.at(0).data_at_risk_seconds == 5);
}

TEST_CASE("an idle primary is no lag, however long it is idle") {
  TestSet set = Healthy();
  Seen(set, 100, seconds(3000));
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 0);
}

TEST_CASE("a member that fell silent lags more and more, without a primary too") {
  TestSet set = Healthy();
  Seen(set, 100, seconds(20));
  Seen(set, 101, seconds(10));
  set.Lose(1);
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 10);
  set.Lose(0);
  set.now += seconds(3);
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 13);
}

TEST_CASE("before the history began the wall clocks tell how far behind it was") {
  TestSet set = Healthy();
  Seen(set, 160, seconds(7));
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 60 + 7);
}

TEST_CASE("a set that was idle before the election that the history begins with has no old lag") {
  TestSet set = Healthy();
  ReplSetStatus status = *set.facts[0].status;
  status.last_seen_at_election = OpTime{1, 100, 1};
  status.date_ms = 900'000;
  status.last_election_ms = 898'000;
  set.facts[0].status = std::make_shared<const ReplSetStatus>(status);
  Seen(set, 160, seconds(0), 2);
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 2);
}

TEST_CASE("a configured delay is no lag") {
  TestSet set;
  set.Add(Data("a:1"), kStatePrimary);
  set.Add({.host = "b:1", .hidden = true, .priority = 0, .delay_seconds = 30}, kStateSecondary);
  Seen(set, 100, seconds(50));
  Seen(set, 101, seconds(40));
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 10);
  set.now -= seconds(20);
  set.facts[1].hello_at = set.now;
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 0);
}

TEST_CASE("what only the old primary had is no lag after a failover") {
  TestSet set = Healthy();
  Seen(set, 100, seconds(30));
  Seen(set, 105, seconds(20));
  MemberFacts elected = set.facts[0];
  ReplSetStatus status = *elected.status;
  status.term = 2;
  status.last_seen_at_election = OpTime{1, 100, 1};
  Hello hello = *elected.hello;
  hello.election_term = 2;
  hello.last_write = OpTime{2, 103, 1};
  elected.status = std::make_shared<const ReplSetStatus>(status);
  elected.hello = std::make_shared<const Hello>(hello);
  elected.hello_at = set.now - seconds(1);
  set.history.Observe(elected);
  CHECK(MemberOf(set.Build(), "b:1").lag_seconds == 1);
}

TEST_CASE("a stale claimant does not move the history") {
  TestSet set = Healthy();
  Seen(set, 100, seconds(30), 2);
  Seen(set, 500, seconds(20), 1);
  CHECK(set.history.LagSeconds({2, 100, 1}, std::nullopt, set.now) == 0);
}

TEST_CASE("headroom is measured against the primary's oplog") {
  TestSet set = Healthy();
  ServerStatus server;
  server.oplog_first = 60;
  server.oplog_last = 140;
  set.facts[0].server = std::make_shared<const ServerStatus>(server);
  const View view = set.Build();
  CHECK(MemberOf(view, "b:1").headroom_seconds == 40);
  CHECK(MemberOf(view, "b:1").headroom_ratio == 0.5);
  CHECK_FALSE(MemberOf(view, "a:1").headroom_seconds);
}

TEST_CASE("a standalone server is a group of its own") {
  MemberFacts facts;
  Hello hello;
  hello.writable_primary = true;
  facts.answered = true;
  facts.hello = std::make_shared<const Hello>(hello);
  const WatchedNode node{"s:1", "s:1", true, false, 0, std::make_shared<const MemberFacts>(facts)};
  const View view = BuildView({"", "s:1", {&node, 1}, {}, {}});
  const GroupOverview& group = view.overview.groups.at(0);
  CHECK(view.overview.cluster == "s:1");
  CHECK(group.name == "standalone");
  CHECK(group.members.at(0).role == "primary");
  CHECK(group.writable == true);
  CHECK(Tolerated(view, "write") == 0);
}

TEST_CASE("a removed member says nothing of the set that goes on without it") {
  MemberFacts facts;
  Hello hello;
  hello.replica_set = true;
  facts.answered = true;
  facts.hello = std::make_shared<const Hello>(hello);
  facts.status_code = kInvalidReplicaSetConfig;
  const WatchedNode node{"s:1", "s:1", true, false, 0, std::make_shared<const MemberFacts>(facts)};
  const View view = BuildView({"", "s:1", {&node, 1}, {}, {}});
  CHECK(view.overview.groups.at(0).members.at(0).role == "removed");
  CHECK_FALSE(view.overview.groups.at(0).writable);
  CHECK(view.overview.groups.at(0).failures_tolerated.empty());
}

TEST_CASE("of a seed that never answered only the error is known") {
  MemberFacts facts;
  facts.error = Error{ErrorCode::kConnect, "refused"};
  const WatchedNode node{"s:1", "s:1", true, false, 0, std::make_shared<const MemberFacts>(facts)};
  const View view = BuildView({"", "s:1", {&node, 1}, {}, {}});
  CHECK(view.overview.groups.empty());
  CHECK(view.overview.members.at(0).error->code == ErrorCode::kConnect);
  CHECK_FALSE(view.overview.up());
}

}  // namespace
}  // namespace replicawatch::mongo
