#include "exporters/redis/view.h"

#include <doctest/doctest.h>

#include "common/metrics/lint.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

using namespace std::chrono_literals;

constexpr double kUnixNow = 1'800'000'000;

SentinelEntry Entry(const std::string& name, const std::string& address, const std::string& run_id,
                    const std::string& flags) {
  SentinelEntry entry;
  entry.name = name;
  entry.address = address;
  entry.run_id = run_id;
  entry.flags = flags;
  return entry;
}

SentinelEntry MasterEntry(const std::string& name, const std::string& address,
                          const std::string& run_id, int64_t epoch) {
  SentinelEntry entry = Entry(name, address, run_id, "master");
  entry.config_epoch = epoch;
  entry.quorum = 2;
  return entry;
}

/// A deployment of three data nodes d1..d3 and three Sentinels s1..s3 whose facts a test bends
/// before it joins them.
struct Deployment {
  std::map<std::string, NodeFacts> nodes;
  Histories histories;
  TimePoint now = Clock::now();

  NodeFacts& operator[](const std::string& name) { return nodes.at(name + ":1"); }

  NodeFacts& Add(const std::string& name, Role role) {
    NodeFacts& facts = nodes[name + ":1"];
    facts.address = name + ":1";
    facts.answered = true;
    facts.info = Info{};
    facts.info->run_id = "run-" + name;
    facts.info->replication.role = role;
    return facts;
  }

  void AddMaster(const std::string& name, int64_t offset) {
    Replication& replication = Add(name, Role::kMaster).info->replication;
    replication.id = "stream";
    replication.master_offset = offset;
    replication.backlog_size = 1000;
    replication.backlog_length = 1000;
    replication.backlog_first_byte = offset - 999;
  }

  void AddReplica(const std::string& name, const std::string& master, int64_t offset) {
    Replication& replication = Add(name, Role::kReplica).info->replication;
    replication.id = "stream";
    replication.master_address = master + ":1";
    replication.master_link_up = true;
    replication.replica_offset = offset;
    replication.priority = 100;
  }

  void AddSentinel(const std::string& name, const std::string& master, int64_t epoch) {
    NodeFacts& facts = Add(name, Role::kSentinel);
    SentinelMaster known;
    known.master = MasterEntry("g", master + ":1", "run-" + master, epoch);
    for (const char* data : {"d1", "d2", "d3"}) {
      if (data != master)
        known.replicas.push_back(
            Entry("", std::string(data) + ":1", "run-" + std::string(data), "slave"));
    }
    for (const char* peer : {"s1", "s2", "s3"}) {
      if (peer != name)
        known.peers.push_back(
            Entry("", std::string(peer) + ":1", "run-" + std::string(peer), "sentinel"));
    }
    facts.masters = {known};
  }

  static Deployment WithSentinels() {
    Deployment deployment;
    deployment.AddMaster("d1", 5000);
    deployment.AddReplica("d2", "d1", 5000);
    deployment.AddReplica("d3", "d1", 5000);
    for (const char* name : {"s1", "s2", "s3"}) deployment.AddSentinel(name, "d1", 7);
    return deployment;
  }

  void Kill(const std::string& name) {
    (*this)[name].answered = false;
    (*this)[name].error = Error{ErrorCode::kConnect, "refused"};
  }

  void CutLink(const std::string& name, int64_t seconds) {
    Replication& replication = (*this)[name].info->replication;
    replication.master_link_up = false;
    replication.link_down_seconds = seconds;
  }

  View Join() {
    std::vector<const NodeFacts*> facts;
    for (const auto& [address, node] : nodes) facts.push_back(&node);
    const Topology topology = BuildTopology(facts, "default");
    ObserveMasters(facts, topology, now, kUnixNow, histories);
    return JoinView(facts, topology, histories, "c", now);
  }
};

const GroupOverview& OnlyGroup(const View& view) {
  REQUIRE(view.overview.groups.size() == 1);
  return view.overview.groups[0];
}

const Membership& Member(const GroupOverview& group, const std::string& name) {
  for (const Membership& member : group.members) {
    if (member.member == name + ":1") return member;
  }
  FAIL("no member " << name);
  throw std::logic_error("unreachable");
}

int Tolerated(const GroupOverview& group, std::string_view operation) {
  for (const FailuresTolerated& spare : group.failures_tolerated) {
    if (spare.operation == operation) return spare.count;
  }
  FAIL("no operation " << operation);
  return 0;
}

int Healthy(const GroupOverview& group) {
  return static_cast<int>(std::count_if(group.members.begin(), group.members.end(),
                                        [](const Membership& m) { return m.healthy; }));
}

TEST_CASE("a healthy deployment") {
  Deployment deployment = Deployment::WithSentinels();
  const View view = deployment.Join();
  const GroupOverview& group = OnlyGroup(view);
  CHECK(group.name == "g");
  CHECK(group.members.size() == 6);
  CHECK(Healthy(group) == 6);
  CHECK(group.writable == true);
  CHECK(group.blocked_reasons.empty());
  CHECK(group.primaries == 1);
  CHECK(group.term == 7);
  CHECK(group.views.at(0).distinct == 1);
  CHECK(Tolerated(group, "write") == 1);
  CHECK(Tolerated(group, "read") == 2);
  CHECK(Member(group, "d1").role == "master");
  CHECK_FALSE(Member(group, "d1").lag_seconds.has_value());
  CHECK(Member(group, "d2").lag_seconds == 0);
  CHECK(Member(group, "d2").headroom_bytes == 1000);
  CHECK(Member(group, "d2").headroom_ratio == 1);
  CHECK(group.data_at_risk_bytes == 0);
  CHECK(view.overview.members.size() == 6);
  CHECK(view.replicas.size() == 2);
}

TEST_CASE("the master dies: no primary until one is promoted, then the term tells") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.Join();
  deployment.Kill("d1");
  for (const char* name : {"d2", "d3"}) deployment.CutLink(name, 1);
  const GroupOverview during = OnlyGroup(deployment.Join());
  CHECK(during.primaries == 0);
  CHECK(during.writable == false);
  CHECK(during.blocked_reasons == std::vector<std::string_view>{"no_primary"});
  CHECK(Tolerated(during, "write") == 1);
  CHECK(Member(during, "d1").role == "master");
  CHECK_FALSE(during.data_at_risk_bytes.has_value());

  deployment.AddMaster("d2", 5000);
  Replication& promoted = deployment["d2"].info->replication;
  promoted.id = "next";
  promoted.previous_id = "stream";
  promoted.previous_id_ends_at = 5001;
  deployment.AddReplica("d3", "d2", 5000);
  deployment["d3"].info->replication.id = "next";
  for (const char* name : {"s1", "s2", "s3"}) deployment.AddSentinel(name, "d2", 8);
  const GroupOverview after = OnlyGroup(deployment.Join());
  CHECK(after.primaries == 1);
  CHECK(after.term == 8);
  CHECK(after.writable == true);
  CHECK(Tolerated(after, "write") == 1);
  CHECK(Member(after, "d1").role == "replica");
  CHECK_FALSE(Member(after, "d1").healthy);
  CHECK(Member(after, "d1").lag_seconds == 0);
  CHECK(Member(after, "d3").lag_seconds == 0);
}

TEST_CASE("what only the dead master had is lost, not lag") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.Join();
  deployment["d1"].info->replication.master_offset = 6000;
  deployment.now += 1s;
  deployment.Join();
  deployment.Kill("d1");
  deployment.AddMaster("d2", 5000);
  Replication& promoted = deployment["d2"].info->replication;
  promoted.id = "next";
  promoted.previous_id = "stream";
  promoted.previous_id_ends_at = 5001;
  for (const char* name : {"s1", "s2", "s3"}) deployment.AddSentinel(name, "d2", 8);
  deployment.now += 10s;
  const GroupOverview group = OnlyGroup(deployment.Join());
  CHECK(Member(group, "d1").lag_seconds == 0);
  CHECK(Member(group, "d3").lag_seconds == 0);
}

TEST_CASE("a paused replica falls behind second by second, also without a primary") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.Join();
  deployment.Kill("d3");
  deployment.now += 1s;
  deployment["d1"].info->replication.master_offset = 5100;
  deployment["d2"].info->replication.replica_offset = 5100;
  deployment.Join();
  deployment.now += 9s;
  const GroupOverview paused = OnlyGroup(deployment.Join());
  CHECK(Member(paused, "d3").lag_seconds == 9);
  CHECK(Member(paused, "d3").lag_bytes == 100);
  CHECK(Member(paused, "d2").lag_seconds == 0);
  CHECK(paused.data_at_risk_seconds == 0);
  deployment.Kill("d1");
  deployment.now += 5s;
  CHECK(Member(OnlyGroup(deployment.Join()), "d3").lag_seconds == 14);
}

TEST_CASE("a replica is as far as it has acknowledged, even when its last own word is older") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.Join();
  deployment.now += 1s;
  deployment["d1"].info->replication.master_offset = 5100;
  deployment["d1"].info->replication.attached = {{"d3:1", "online", 5100}};
  CHECK(Member(OnlyGroup(deployment.Join()), "d3").lag_bytes == 0);
  CHECK(Member(OnlyGroup(deployment.Join()), "d2").lag_bytes == 100);
}

TEST_CASE("a replica on another stream has no lag to tell") {
  Deployment deployment = Deployment::WithSentinels();
  deployment["d3"].info->replication.id = "foreign";
  CHECK_FALSE(Member(OnlyGroup(deployment.Join()), "d3").lag_seconds.has_value());
}

TEST_CASE("why writes are refused") {
  const auto reasons = [](auto bend) {
    Deployment deployment = Deployment::WithSentinels();
    bend(deployment["d1"]);
    return OnlyGroup(deployment.Join()).blocked_reasons;
  };
  using Reasons = std::vector<std::string_view>;
  CHECK(reasons([](NodeFacts& d) { d.info->loading = true; }) == Reasons{"loading"});
  CHECK(reasons([](NodeFacts& d) { d.writes_refused = true; }) == Reasons{"disk"});
  CHECK(reasons([](NodeFacts& d) {
          d.settings[kMinReplicas] = "2";
          d.info->replication.good_replicas = 1;
        }) == Reasons{"min_replicas"});
  CHECK(reasons([](NodeFacts& d) { d.info->replication.good_replicas = 0; }) ==
        Reasons{"min_replicas"});
  CHECK(reasons([](NodeFacts& d) { d.info->replication.good_replicas = 1; }).empty());
  CHECK(reasons([](NodeFacts& d) {
          d.info->max_memory_bytes = 10;
          d.info->used_memory_bytes = 13;
          d.info->not_counted_bytes = 2;
          d.info->max_memory_policy = "noeviction";
        }) == Reasons{"memory"});
  CHECK(reasons([](NodeFacts& d) {
          d.info->max_memory_bytes = 10;
          d.info->used_memory_bytes = 12;
          d.info->not_counted_bytes = 2;
          d.info->max_memory_policy = "noeviction";
        }).empty());
  CHECK(reasons([](NodeFacts& d) {
          d.info->max_memory_bytes = 10;
          d.info->used_memory_bytes = 11;
          d.info->max_memory_policy = "allkeys-lru";
        }).empty());
}

TEST_CASE(
    "failures tolerated are the least of Sentinels, promotable replicas and required replicas") {
  const auto write = [](auto bend) {
    Deployment deployment = Deployment::WithSentinels();
    bend(deployment);
    return Tolerated(OnlyGroup(deployment.Join()), "write");
  };
  CHECK(write([](Deployment& d) { d.Kill("s1"); }) == 0);
  CHECK(write([](Deployment& d) { d.Kill("s1"), d.Kill("s2"); }) == -1);
  CHECK(write([](Deployment& d) { d["s1"].info->tilt = true; }) == 0);
  CHECK(write([](Deployment& d) { d.Kill("d2"); }) == 1);
  CHECK(write([](Deployment& d) { d.Kill("d2"), d.Kill("d3"); }) == 0);
  CHECK(write([](Deployment& d) { d["d2"].info->replication.priority = 0; }) == 1);
  CHECK(write([](Deployment& d) {
          d["d2"].info->replication.priority = d["d3"].info->replication.priority = 0;
        }) == 0);
  CHECK(write([](Deployment& d) { d["d1"].settings[kMinReplicas] = "1"; }) == 1);
  CHECK(write([](Deployment& d) { d["d1"].settings[kMinReplicas] = "2"; }) == 0);
  CHECK(write([](Deployment& d) { d["d1"].settings[kMinReplicas] = "1", d.Kill("d2"); }) == 0);
}

TEST_CASE("without Sentinels the loss of the master stops the writes") {
  Deployment deployment;
  deployment.AddMaster("d1", 10);
  deployment.AddReplica("d2", "d1", 10);
  const GroupOverview group = OnlyGroup(deployment.Join());
  CHECK(group.name == "default");
  CHECK(Tolerated(group, "write") == 0);
  CHECK(Tolerated(group, "read") == 1);
  CHECK_FALSE(group.term.has_value());
}

TEST_CASE("two masters are two primaries and two views") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.AddMaster("d3", 100);
  const GroupOverview group = OnlyGroup(deployment.Join());
  CHECK(group.primaries == 2);
  CHECK(group.views.at(0).distinct == 2);
}

TEST_CASE("while no data node answers nothing is said about writes") {
  Deployment deployment = Deployment::WithSentinels();
  for (const char* name : {"d1", "d2", "d3"}) deployment.Kill(name);
  const GroupOverview group = OnlyGroup(deployment.Join());
  CHECK(group.members.size() == 6);
  CHECK_FALSE(group.primaries.has_value());
  CHECK_FALSE(group.writable.has_value());
  CHECK(group.failures_tolerated.empty());

  // But when the Sentinels have agreed that the master is down, it is.
  for (const char* name : {"s1", "s2", "s3"})
    deployment[name].masters[0].master.flags = "master,s_down,o_down";
  const GroupOverview agreed = OnlyGroup(deployment.Join());
  CHECK(agreed.primaries == 0);
  CHECK(agreed.writable == false);
  CHECK(Tolerated(agreed, "write") == -1);
}

TEST_CASE("every bucket of a command's latencies is there, and the sum is that of its calls") {
  NodeView node;
  node.info = std::make_shared<const InfoText>(
      "# Commandstats\r\ncmdstat_client|setname:calls=3,usec=700,usec_per_call=233.33\r\n");
  NodeExtras latencies;
  latencies.spikes = {{"command", 1'800'000'000, 12}};
  // 70 is no bound that is known: another version may have others.
  latencies.commands = {{"client|setname", 3, {{33, 1}, {70, 2}, {528, 3}}}};
  node.extras = std::make_shared<const NodeExtras>(std::move(latencies));
  SampleSink sink;
  EmitNodeAlone(node, sink);
  const Snapshot snapshot = sink.Finish();
  std::map<std::string, double> lines;
  for (const Line& line : snapshot.lines) {
    if (line.desc->type == MetricType::kHistogram)
      lines[std::to_string(static_cast<int>(line.suffix)) + std::string(snapshot.Labels(line))] =
          line.value;
  }
  const auto bucket = [&](const char* bound) {
    return lines.at("1cmd=\"client|setname\",le=\"" + std::string(bound) + "\"");
  };
  CHECK(lines.size() == 21 + 1 + 1 + 2);  // the known bounds, 70, +Inf, sum and count
  CHECK(bucket("16") == 0);
  CHECK(bucket("33") == 1);
  CHECK(bucket("66") == 1);
  CHECK(bucket("70") == 2);
  CHECK(bucket("264") == 2);
  CHECK(bucket("528") == 3);
  CHECK(bucket("1082130") == 3);
  CHECK(bucket("+Inf") == 3);
  CHECK(lines.at("2cmd=\"client|setname\"") == 700);
  CHECK(lines.at("3cmd=\"client|setname\"") == 3);
}

TEST_CASE("a failover: how long no master was seen, and what was lost") {
  Deployment deployment = Deployment::WithSentinels();
  deployment["d1"].info->replication.master_offset = 5200;
  const View before = deployment.Join();
  CHECK(before.groups.at(0).failovers == 0);
  CHECK_FALSE(before.groups[0].lost_bytes.has_value());
  CHECK_FALSE(OnlyGroup(before).last_failover_timestamp_seconds.has_value());

  deployment.Kill("d1");
  deployment.now += 4s;
  deployment.AddMaster("d2", 5300);
  Replication& promoted = deployment["d2"].info->replication;
  promoted.id = "next";
  promoted.previous_id = "stream";
  promoted.previous_id_ends_at = 5001;
  for (const char* name : {"s1", "s2", "s3"}) deployment.AddSentinel(name, "d2", 8);
  const View after = deployment.Join();
  CHECK(after.groups.at(0).failovers == 1);
  CHECK(after.groups[0].lost_bytes == 200);
  CHECK(OnlyGroup(after).last_failover_timestamp_seconds == kUnixNow);
  CHECK(OnlyGroup(after).last_failover_duration_seconds == 4);

  // The Sentinels know the time better; one that was told to forget it has begun anew.
  deployment["s1"].masters[0].master_since = kUnixNow - 1;
  deployment["s2"].masters[0].master_since = kUnixNow + 500;
  CHECK(OnlyGroup(deployment.Join()).last_failover_timestamp_seconds == kUnixNow - 1);
}

TEST_CASE("would the next sync be partial or full") {
  Deployment deployment = Deployment::WithSentinels();
  Replication& master = deployment["d1"].info->replication;  // has the bytes 4001 to 5000
  Replication& replica = deployment["d2"].info->replication;
  const auto partial = [&] {
    const View view = deployment.Join();
    return std::find_if(view.replicas.begin(), view.replicas.end(),
                        [](const ReplicaView& entry) { return entry.member == "d2:1"; })
        ->next_sync_is_partial;
  };
  CHECK(partial() == true);
  replica.replica_offset = 4000;
  CHECK(partial() == true);
  replica.replica_offset = 3999;
  CHECK(partial() == false);
  master.attached = {{"d2:1", "online", 4000}};  // it has acknowledged more than it said
  CHECK(partial() == true);
  master.attached.clear();

  replica.replica_offset = 4500;
  replica.id = "another";
  CHECK(partial() == false);
  master.previous_id = "another";
  master.previous_id_ends_at = 4501;
  CHECK(partial() == true);
  master.previous_id_ends_at = 4500;  // it went on with a master that is none any more
  CHECK(partial() == false);

  deployment.Kill("d2");
  CHECK(partial() == false);
  deployment.Kill("d1");
  CHECK_FALSE(partial().has_value());
}

TEST_CASE("a master that would wipe its replicas when it starts again") {
  Deployment deployment = Deployment::WithSentinels();
  NodeFacts& master = deployment["d1"];
  master.info->replication.attached = {{"d2:1", "online", 5000}};
  const auto wipe = [&] { return deployment.Join().groups.at(0).restart_would_wipe; };
  CHECK_FALSE(wipe().has_value());  // CONFIG is not allowed
  master.settings["save"] = "";
  CHECK_FALSE(wipe().has_value());
  master.info->aof_enabled = false;
  CHECK(wipe() == true);
  master.settings["save"] = "3600 1";
  CHECK(wipe() == false);
  master.settings["save"] = "";
  master.info->replication.attached.clear();
  CHECK(wipe() == false);
}

TEST_CASE("what the Sentinels say together") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.Kill("s3");
  deployment["s1"].masters[0].quorum_check = QuorumCheck{true, 2, "OK 2 usable Sentinels"};
  deployment["s1"].info->tilt = true;
  deployment["s2"].masters[0].master.flags = "master,s_down,failover_in_progress";
  deployment["s2"].masters[0].peers[0].voted_epoch = 9;
  const View view = deployment.Join();
  const GroupState& group = view.groups.at(0);
  REQUIRE(group.sentinels.has_value());
  CHECK(group.sentinels->known == 3);
  CHECK(group.sentinels->usable == 1);
  CHECK(group.sentinels->voted_epoch == 9);
  CHECK(group.failover_in_progress == true);
  REQUIRE(group.sentinels->each.size() == 2);
  CHECK(group.sentinels->each[0].quorum_check->reached);
  CHECK_FALSE(group.sentinels->each[1].quorum_check.has_value());
  CHECK(group.sentinels->each[1].master_s_down);
  CHECK_FALSE(group.sentinels->each[1].master_o_down);
}

TEST_CASE("who could be promoted by a Sentinel") {
  Deployment deployment = Deployment::WithSentinels();
  const auto bars = [&] {
    const View view = deployment.Join();
    const auto found = std::find_if(view.replicas.begin(), view.replicas.end(),
                                    [](const ReplicaView& r) { return r.member == "d2:1"; });
    REQUIRE(found != view.replicas.end());
    return found->bars;
  };
  const auto only = [](std::string_view bar) { return std::vector<std::string_view>{bar}; };
  CHECK(bars().empty());

  deployment["d2"].info->replication.priority = 0;
  CHECK(bars() == only("priority"));
  deployment["d2"].info->replication.priority = 100;

  // Ten times down-after-milliseconds, which is 30 s where the Sentinels don't say.
  deployment.CutLink("d2", 300);
  CHECK(bars().empty());
  deployment.CutLink("d2", 301);
  CHECK(bars() == only("link"));
  for (const char* name : {"s1", "s2", "s3"}) deployment[name].masters[0].master.s_down_ms = 1000;
  CHECK(bars().empty());
  deployment["d2"].info->replication.link_down_seconds.reset();  // it was never up
  CHECK(bars() == only("link"));
  deployment.CutLink("d2", 1);

  // One Sentinel may lead a failover that another would not.
  deployment["s1"].masters[0].replicas[0].flags = "slave,s_down";
  CHECK(bars().empty());
  for (const char* name : {"s2", "s3"})
    deployment[name].masters[0].replicas[0].flags = "slave,disconnected";
  CHECK(bars() == only("sentinel"));

  deployment.Kill("d2");
  CHECK(bars() == only("down"));
}

TEST_CASE("a seed's own address gives way to the name that the deployment uses") {
  Deployment deployment = Deployment::WithSentinels();
  NodeFacts& seed = deployment.Add("localhost", Role::kMaster);
  seed.info = deployment["d1"].info;
  const View view = deployment.Join();
  CHECK(view.overview.members.size() == 6);
  CHECK(OnlyGroup(view).primaries == 1);
}

TEST_CASE("what attaches without a port is no member") {
  Deployment deployment;
  deployment.AddMaster("d1", 10);
  deployment["d1"].info->replication.attached = {{"10.0.0.9:0", "online", 10},
                                                 {"d2:1", "online", 10}};
  const GroupOverview group = OnlyGroup(deployment.Join());
  CHECK(group.members.size() == 2);
  CHECK(Member(group, "d2").role == "replica");
}

TEST_CASE("two master names are two groups") {
  Deployment deployment = Deployment::WithSentinels();
  deployment.AddMaster("e1", 10);
  SentinelMaster other;
  other.master = MasterEntry("h", "e1:1", "run-e1", 1);
  deployment["s1"].masters.push_back(other);
  const View view = deployment.Join();
  REQUIRE(view.overview.groups.size() == 2);
  CHECK(view.overview.groups[0].name == "g");
  CHECK(view.overview.groups[1].name == "h");
}

TEST_CASE("the families follow the naming rules") {
  for (const Collector<View>& collector : Collectors()) {
    static const std::set<std::string_view> names_of_another_exporter = {
        "node", "latency", "clients", "modules", "search", "config", "rdb", "keys"};
    const bool drop_in = names_of_another_exporter.contains(collector.info.name);
    for (const std::string& fault : LintMetrics(collector.metrics, drop_in)) FAIL_CHECK(fault);
  }
}

}  // namespace
}  // namespace replicawatch::redis
