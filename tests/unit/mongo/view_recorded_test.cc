#include <doctest/doctest.h>

#include "exporters/mongo/parse/command_result.h"
#include "tests/unit/mongo/fixtures.h"
#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

template <class Parsed>
std::shared_ptr<const Parsed> Read(const std::string& folder, const std::string& host,
                                   const char* command,
                                   Result<Parsed> (*parse)(std::string_view bson)) {
  const std::string port = host.substr(host.rfind(':') + 1);
  Result<Parsed> parsed =
      parse(ReadTestdata("mongo/6.0.5/" + folder + "/" + port + "." + command + ".bson"));
  REQUIRE(parsed);
  return std::make_shared<const Parsed>(std::move(*parsed));
}

/// A set as it was recorded. `hello_only`: a member that could not be logged in to.
struct RecordedSet {
  explicit RecordedSet(std::string folder) : folder_(std::move(folder)) {}

  void Answered(const std::string& host, bool hello_only = false) {
    MemberFacts facts;
    facts.answered = true;
    facts.hello_at = facts.status_at = now;
    facts.hello = Read(folder_, host, "hello", ParseHello);
    if (!hello_only) {
      facts.status = Read(folder_, host, "replSetGetStatus", ParseReplSetStatus);
      facts.server = Read(folder_, host, "serverStatus", ParseServerStatus);
      facts.config = Read(folder_, host, "replSetGetConfig", ParseReplSetConfig);
    }
    history.Observe(facts);
    Add(host, std::move(facts));
  }

  void Refused(const std::string& host) {
    MemberFacts facts;
    facts.error = Error{ErrorCode::kConnect, "connection refused"};
    Add(host, std::move(facts));
  }

  View Build() const { return BuildView({"", "seed:1", nodes, history, now}); }

  TimePoint now = TimePoint(std::chrono::hours(1));
  std::vector<WatchedNode> nodes;
  ReplicationHistory history;

 private:
  void Add(const std::string& host, MemberFacts facts) {
    nodes.push_back(
        {host, host, false, false, 0, std::make_shared<const MemberFacts>(std::move(facts))});
  }

  std::string folder_;
};

int Distinct(const View& view, std::string_view about) {
  for (const Views& views : view.overview.groups.at(0).views) {
    if (views.about == about) return views.distinct;
  }
  return -1;
}

TEST_CASE("recorded: a healthy set of three") {
  RecordedSet set("healthy");
  for (const char* host : {"127.0.0.1:27101", "127.0.0.1:27102", "127.0.0.1:27103"}) {
    set.Answered(host);
  }
  const View view = set.Build();
  const GroupOverview& group = view.overview.groups.at(0);
  CHECK(view.overview.cluster == "rs0");
  CHECK(group.name == "rs0");
  CHECK(group.primaries == 1);
  CHECK(group.writable == true);
  CHECK(group.term == 2);
  CHECK(Tolerated(view, "write") == 1);
  CHECK(Tolerated(view, "read") == 2);
  CHECK(MemberOf(view, "127.0.0.1:27103").role == "primary");
  CHECK(MemberOf(view, "127.0.0.1:27101").role == "secondary");
  CHECK(MemberOf(view, "127.0.0.1:27101").lag_seconds == 0);
  CHECK(MemberOf(view, "127.0.0.1:27101").headroom_ratio == 1);
  CHECK(group.last_failover_timestamp_seconds.value() > 1.7e9);
  CHECK(group.last_failover_duration_seconds.value() >= 0);
  for (const char* about : {"primary", "config", "version"}) CHECK(Distinct(view, about) == 1);
  CHECK(view.majority_commit_lag_seconds == 0);
  CHECK(view.details.at(0).rollback_id.has_value());
}

TEST_CASE("recorded: one member down") {
  RecordedSet set("one_down");
  set.Refused("127.0.0.1:27101");
  set.Answered("127.0.0.1:27102");
  set.Answered("127.0.0.1:27103");
  const View view = set.Build();
  CHECK(MemberOf(view, "127.0.0.1:27101").role == "down");
  CHECK_FALSE(MemberOf(view, "127.0.0.1:27101").healthy);
  CHECK(view.overview.groups.at(0).writable == true);
  CHECK(Tolerated(view, "write") == 0);
  CHECK(Tolerated(view, "read") == 1);
  // It never answered this exporter: what the primary noted of it is all that is known.
  CHECK(MemberOf(view, "127.0.0.1:27101").lag_seconds.has_value());
}

TEST_CASE("recorded: two of three down, no primary") {
  RecordedSet set("no_primary");
  set.Refused("127.0.0.1:27101");
  set.Refused("127.0.0.1:27102");
  set.Answered("127.0.0.1:27103");
  const View view = set.Build();
  const GroupOverview& group = view.overview.groups.at(0);
  CHECK(group.primaries == 0);
  CHECK(group.writable == false);
  CHECK(group.blocked_reasons == std::vector<std::string_view>{"no_primary", "no_majority"});
  CHECK(Tolerated(view, "write") == -1);
  CHECK(Tolerated(view, "read") == 0);
  CHECK(MemberOf(view, "127.0.0.1:27103").role == "secondary");
  CHECK(MemberOf(view, "127.0.0.1:27103").lag_seconds == 0);
}

TEST_CASE("recorded: with an arbiter without users and a hidden, delayed member without vote") {
  RecordedSet set("mixed");
  set.Answered("127.0.0.1:27111");
  set.Answered("127.0.0.1:27112");
  set.Answered("127.0.0.1:27113", true);
  set.Answered("127.0.0.1:27114");
  const View view = set.Build();
  CHECK(MemberOf(view, "127.0.0.1:27111").role == "primary");
  CHECK(MemberOf(view, "127.0.0.1:27113").role == "arbiter");
  CHECK(MemberOf(view, "127.0.0.1:27113").healthy);
  CHECK_FALSE(MemberOf(view, "127.0.0.1:27113").lag_seconds);
  CHECK(MemberOf(view, "127.0.0.1:27114").role == "delayed");
  CHECK(MemberOf(view, "127.0.0.1:27114").lag_seconds.value() < 5);
  // Three votes need two; of two voting copies both are needed for a majority write.
  CHECK(Tolerated(view, "write") == 0);
  CHECK(Tolerated(view, "read") == 2);
  CHECK(Distinct(view, "config") == 1);
}

TEST_CASE("recorded: a member that has stopped applying") {
  RecordedSet set("lagging");
  for (const char* host : {"127.0.0.1:27101", "127.0.0.1:27102", "127.0.0.1:27103"}) {
    set.Answered(host);
  }
  const View view = set.Build();
  CHECK(MemberOf(view, "127.0.0.1:27103").role == "primary");
  CHECK(MemberOf(view, "127.0.0.1:27101").lag_seconds.value() > 1);
  CHECK(MemberOf(view, "127.0.0.1:27102").lag_seconds.value() < 1);
  // The other one could take over with nothing lost.
  CHECK(view.overview.groups.at(0).data_at_risk_seconds.value() < 1);
  CHECK(view.majority_commit_lag_seconds.value() < 1);
}

TEST_CASE("recorded: a member that joins") {
  RecordedSet set("initial_sync");
  set.Answered("127.0.0.1:27103");
  const View view = set.Build();
  CHECK(MemberOf(view, "127.0.0.1:27103").role == "startup");
  CHECK_FALSE(MemberOf(view, "127.0.0.1:27103").healthy);
  for (const MemberDetails& details : view.details) {
    if (details.member == "127.0.0.1:27103") CHECK(details.status->initial_sync);
  }
}

TEST_CASE("recorded: a standalone server") {
  RecordedSet set("standalone");
  MemberFacts facts;
  facts.answered = true;
  facts.hello = Read("standalone", "127.0.0.1:27121", "hello", ParseHello);
  facts.server = Read("standalone", "127.0.0.1:27121", "serverStatus", ParseServerStatus);
  facts.status_code = kNoReplicationEnabled;
  set.nodes.push_back({"127.0.0.1:27121", "127.0.0.1:27121", true, false, 0,
                       std::make_shared<const MemberFacts>(std::move(facts))});
  const View view = set.Build();
  CHECK(view.overview.groups.at(0).name == "standalone");
  CHECK(view.overview.groups.at(0).writable == true);
  CHECK(Tolerated(view, "write") == 0);
}

TEST_CASE("recorded: without a privilege hello alone gives members and roles") {
  RecordedSet set("healthy");
  for (const char* host : {"127.0.0.1:27101", "127.0.0.1:27102", "127.0.0.1:27103"}) {
    set.Answered(host, true);
  }
  const View view = set.Build();
  CHECK(view.overview.groups.at(0).members.size() == 3);
  CHECK(MemberOf(view, "127.0.0.1:27103").role == "primary");
  CHECK(Tolerated(view, "write") == 1);
  CHECK(MemberOf(view, "127.0.0.1:27101").lag_seconds == 0);
  CHECK(view.overview.groups.at(0).term == 2);
}

}  // namespace
}  // namespace replicawatch::mongo
