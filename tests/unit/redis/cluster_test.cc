#include "exporters/redis/parse/cluster.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "exporters/redis/view.h"
#include "tests/unit/testdata.h"

namespace replicawatch::redis {
namespace {

const std::string kFolder = "redis/7.0.15/cluster/";

std::vector<ClusterNode> Recorded(const std::string& name) {
  return ParseClusterNodes(ReadTestdata(kFolder + name)).value();
}

TEST_CASE("CLUSTER NODES with an open slot") {
  const std::vector<ClusterNode> nodes = Recorded("nodes-migrating.txt");
  REQUIRE(nodes.size() == 6);
  const auto self = std::find_if(nodes.begin(), nodes.end(),
                                 [](const ClusterNode& node) { return node.is_myself(); });
  REQUIRE(self != nodes.end());
  CHECK(self->id.size() == 40);
  CHECK(self->address.starts_with("127.0.0.1:"));
  CHECK(self->is_master());
  CHECK(self->master_id.empty());
  CHECK(self->config_epoch == 1);
  CHECK(self->link_up);
  CHECK(self->slots == std::vector<SlotRange>{{0, 5460}});
  CHECK(self->migrating == 1);
  CHECK(self->importing == 0);
  const auto replicas = std::count_if(nodes.begin(), nodes.end(), [&](const ClusterNode& node) {
    return node.HasFlag("slave") && node.master_id == self->id && node.slots.empty();
  });
  CHECK(replicas == 1);

  const std::vector<ClusterNode> others = Recorded("nodes-importing.txt");
  CHECK(std::count_if(others.begin(), others.end(),
                      [](const ClusterNode& node) { return node.importing == 1; }) == 1);
}

TEST_CASE("CLUSTER NODES: how versions and settings write an address") {
  const auto address = [](const std::string& text) {
    return ParseClusterNodes("0123 " + text + " master - 0 0 7 connected 5\n").value()[0].address;
  };
  CHECK(address("10.0.0.1:6379") == "10.0.0.1:6379");  // before 4.0
  CHECK(address("10.0.0.1:6379@16379") == "10.0.0.1:6379");
  CHECK(address("10.0.0.1:6379@16379,host.example") == "10.0.0.1:6379");  // 7.0
  CHECK(address("10.0.0.1:6379@16379,,shard-id=abc") == "10.0.0.1:6379");
  CHECK(address("fd00::1:6379@16379") == "[fd00::1]:6379");
  CHECK(address("?:6379@16379,host.example") == "host.example:6379");
  CHECK(address(":6379@16379").empty());
  CHECK(address(":0@0").empty());
}

TEST_CASE("CLUSTER NODES: what is no node is left out") {
  CHECK_FALSE(ParseClusterNodes("").has_value());
  CHECK_FALSE(ParseClusterNodes("ERR This instance has cluster support disabled").has_value());
  const std::string text = ReadTestdata(kFolder + "nodes-failover.txt");
  for (size_t size = 0; size <= text.size(); ++size)
    (void)ParseClusterNodes(std::string_view(text).substr(0, size));
  const auto odd =
      ParseClusterNodes("id h:1@2 master - 0 0 1 connected 9-8 16384 -1 x 3-4-5 7\n").value();
  CHECK(odd[0].slots == std::vector<SlotRange>{{7, 7}});
}

TEST_CASE("CLUSTER INFO") {
  const ClusterState state =
      ParseClusterState(InfoText(ReadTestdata(kFolder + "info.txt"))).value();
  CHECK(state.ok);
  CHECK(state.slots_assigned == kSlots);
  CHECK(state.slots_fail == 0);
  CHECK(state.current_epoch == 6);
  CHECK_FALSE(ParseClusterState(InfoText("# Cluster\r\n")).has_value());
}

/// Three shards of a master m0..m2 and a replica r0..r2 each, composed, since no recording has all
/// that a test wants to bend.
struct Cluster {
  std::map<std::string, NodeFacts> nodes;
  std::vector<ClusterNode> entries;
  Histories histories;

  Cluster() {
    for (int i = 0; i < 3; ++i) {
      const std::string number = std::to_string(i);
      Add("m" + number, "", {{i * 5000, i == 2 ? kSlots - 1 : i * 5000 + 4999}});
      Add("r" + number, "m" + number, {});
    }
    for (auto& [name, node] : nodes) See(name);
  }

  void Add(const std::string& name, const std::string& master, std::vector<SlotRange> slots) {
    ClusterNode entry;
    entry.id = name;
    entry.address = name + ":1";
    entry.flags = master.empty() ? "master" : "slave";
    entry.master_id = master;
    entry.config_epoch = 1;
    entry.slots = std::move(slots);
    entries.push_back(entry);
    NodeFacts& facts = nodes[name];
    facts.address = entry.address;
    facts.answered = true;
    facts.cluster_state = {true, kSlots, 0, 0, 1};
    facts.info = Info{};
    facts.info->cluster = true;
    facts.info->run_id = "run-" + name;
    Replication& replication = facts.info->replication;
    replication.role = master.empty() ? Role::kMaster : Role::kReplica;
    replication.id = "stream-" + (master.empty() ? name : master);
    replication.master_offset = replication.replica_offset = 100;
    if (master.empty()) return;
    replication.master_address = master + ":1";
    replication.master_link_up = true;
  }

  /// The node sees the others as `entries` says now.
  void See(const std::string& name) {
    NodeFacts& facts = nodes.at(name);
    facts.cluster_nodes = entries;
    for (ClusterNode& entry : facts.cluster_nodes) {
      if (entry.id != name) continue;
      entry.flags = "myself," + entry.flags;
      facts.cluster_self = entry;
    }
  }

  ClusterNode& Entry(const std::string& id) {
    return *std::find_if(entries.begin(), entries.end(),
                         [&](const ClusterNode& entry) { return entry.id == id; });
  }

  /// r0 takes over from m0; all see it but those named.
  void FailOver(const std::vector<std::string>& blind) {
    Entry("m0").flags = "master,fail";
    Entry("r0").flags = "master";
    Entry("r0").master_id.clear();
    Entry("r0").config_epoch = 2;
    std::swap(Entry("r0").slots, Entry("m0").slots);
    nodes.at("r0").info->replication.role = Role::kMaster;
    for (auto& [name, node] : nodes) {
      if (std::find(blind.begin(), blind.end(), name) != blind.end()) continue;
      See(name);
      node.cluster_state.current_epoch = 2;
    }
  }

  View Join() {
    std::vector<const NodeFacts*> facts;
    for (const auto& [name, node] : nodes) facts.push_back(&node);
    const Topology topology = BuildTopology(facts, "default");
    ObserveMasters(facts, topology, Clock::now(), 0, histories);
    return JoinView(facts, topology, histories, "c", Clock::now());
  }
};

const GroupOverview& Shard(const View& view, const std::string& name) {
  const auto found = std::find_if(view.overview.groups.begin(), view.overview.groups.end(),
                                  [&](const GroupOverview& group) { return group.name == name; });
  REQUIRE(found != view.overview.groups.end());
  return *found;
}

int Tolerated(const GroupOverview& group, std::string_view operation) {
  for (const FailuresTolerated& spare : group.failures_tolerated) {
    if (spare.operation == operation) return spare.count;
  }
  FAIL("no operation " << operation);
  return 0;
}

TEST_CASE("a healthy Cluster: a group for each shard, named by its first slot") {
  Cluster cluster;
  const View view = cluster.Join();
  REQUIRE(view.overview.groups.size() == 3);
  for (const char* name : {"0", "5000", "10000"}) {
    const GroupOverview& shard = Shard(view, name);
    CHECK(shard.members.size() == 2);
    CHECK(shard.primaries == 1);
    CHECK(shard.writable == true);
    CHECK(Tolerated(shard, "write") == 1);
    CHECK(Tolerated(shard, "read") == 1);
    CHECK(shard.views.at(0).distinct == 1);
    CHECK(shard.views.at(1).distinct == 1);
  }
  REQUIRE(view.cluster.has_value());
  CHECK(view.cluster->slots_uncovered == 0);
  CHECK(view.cluster->slot_maps == 1);
  CHECK(view.cluster->spare_masters == 1);
  CHECK(view.cluster->shards_without_replica == 0);
}

TEST_CASE("open slots are told by masters, since Valkey 8 by their replicas too") {
  Cluster cluster;
  cluster.Entry("m0").migrating = 1;
  cluster.Entry("r0").migrating = 1;
  cluster.Entry("m1").importing = 1;
  for (auto& [name, node] : cluster.nodes) cluster.See(name);
  const View view = cluster.Join();
  CHECK(view.cluster->slots_migrating == 1);
  CHECK(view.cluster->slots_importing == 1);
}

TEST_CASE("the shard id is the better name") {
  Cluster cluster;
  cluster.nodes.at("r1").shard_id = "shard-b";  // its master may be of an older version
  const View view = cluster.Join();
  CHECK(Shard(view, "shard-b").members.size() == 2);
  CHECK(Shard(view, "0").members.size() == 2);
}

TEST_CASE("a failover: the old master stays in its shard, dead or alive") {
  Cluster cluster;
  cluster.nodes.at("m0").answered = false;
  cluster.FailOver({"m0"});
  const GroupOverview after = Shard(cluster.Join(), "0");
  CHECK(after.members.size() == 2);
  CHECK(after.primaries == 1);
  CHECK(after.term == 2);
  CHECK(after.writable == true);
  CHECK(Tolerated(after, "write") == 0);
  CHECK(after.views.at(0).distinct == 1);

  // Cut off, it answers the exporter and still believes that the slots are its own.
  cluster.nodes.at("m0").answered = true;
  const View split = cluster.Join();
  const GroupOverview& shard = Shard(split, "0");
  CHECK(shard.primaries == 2);
  CHECK(shard.views.at(0).distinct == 2);
  CHECK(shard.writable == true);
  CHECK(split.cluster->slot_maps == 2);
  const auto healthy = std::count_if(shard.members.begin(), shard.members.end(),
                                     [](const Membership& member) { return member.healthy; });
  CHECK(healthy == 1);
}

TEST_CASE("a Cluster that has stopped, and slots that nobody has") {
  Cluster cluster;
  cluster.Entry("m1").slots = {{5001, 9999}};
  for (auto& [name, node] : cluster.nodes) {
    cluster.See(name);
    node.cluster_state.ok = false;
  }
  const View view = cluster.Join();
  CHECK(view.cluster->slots_uncovered == 1);
  CHECK(Shard(view, "0").writable == false);
  CHECK(Shard(view, "0").blocked_reasons == std::vector<std::string_view>{"cluster_down"});
}

TEST_CASE("no majority of masters: nothing more may be lost, whatever replicas there are") {
  Cluster cluster;
  for (const char* name : {"m1", "m2"}) cluster.nodes.at(name).answered = false;
  const View view = cluster.Join();
  CHECK(view.cluster->spare_masters == -1);
  CHECK(Tolerated(Shard(view, "0"), "write") == -1);
  // Of a shard without an answer of its master it is known only when the Cluster has agreed on it.
  CHECK(Shard(view, "5000").primaries == 0);
}

TEST_CASE("a replica that the Cluster would not promote") {
  Cluster cluster;
  NodeFacts& replica = cluster.nodes.at("r0");
  const auto bars = [&] {
    const View view = cluster.Join();
    return std::find_if(view.replicas.begin(), view.replicas.end(),
                        [](const ReplicaView& entry) { return entry.member == "r0:1"; })
        ->bars;
  };
  CHECK(bars().empty());
  replica.info->replication.priority = 0;  // only orders the candidates here
  CHECK(bars().empty());

  replica.settings = {{"cluster-node-timeout", "2000"},
                      {"cluster-replica-validity-factor", "5"},
                      {"repl-ping-replica-period", "10"}};
  replica.info->replication.master_link_up = false;
  replica.info->replication.link_down_seconds = 22;  // less the time-out of 2 s: 20 = 10 + 2 * 5
  CHECK(bars().empty());
  replica.info->replication.link_down_seconds = 23;
  CHECK(bars() == std::vector<std::string_view>{"link"});
  replica.settings["cluster-replica-validity-factor"] = "0";  // any age will do
  CHECK(bars().empty());

  cluster.Entry("r0").flags = "slave,nofailover";
  cluster.See("r0");
  CHECK(bars() == std::vector<std::string_view>{"nofailover"});
}

TEST_CASE("a seed under another name is the member that its id tells") {
  Cluster cluster;
  NodeFacts& seed = cluster.nodes["localhost"];
  seed = cluster.nodes.at("m0");
  seed.address = "localhost:1";
  const View view = cluster.Join();
  CHECK(view.overview.members.size() == 6);
  CHECK(Shard(view, "0").primaries == 1);
}

TEST_CASE("a master without slots is no primary of anything") {
  Cluster cluster;
  cluster.Add("m9", "", {});
  for (auto& [name, node] : cluster.nodes) cluster.See(name);
  const View view = cluster.Join();
  CHECK(view.overview.groups.size() == 3);
  CHECK(view.overview.members.size() == 7);
}

}  // namespace
}  // namespace replicawatch::redis
