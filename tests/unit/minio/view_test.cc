#include "exporters/minio/view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "common/deployment/overview_metrics.h"
#include "common/metrics/lint.h"
#include "common/scrape/publish.h"
#include "exporters/minio/collectors/table.h"
#include "exporters/minio/quorum.h"
#include "tests/unit/minio/recorded.h"

namespace replicawatch::minio {
namespace {

/// Nodes n1..nN with D drives each, in sets of S, parity P; a test bends it before it joins.
struct Deployment {
  std::map<std::string, NodeFacts> nodes;
  Inventory inventory;

  Deployment(int node_count, int drives, int per_set, int parity) {
    const int sets = node_count * drives / per_set;
    inventory.pools = {{sets, per_set, per_set - parity}};
    int index = 0;
    for (int d = 1; d <= drives; ++d) {
      for (int n = 1; n <= node_count; ++n, ++index) {
        const std::string name = "n" + std::to_string(n) + ":9000";
        nodes[name].name = name;
        nodes[name].answered = nodes[name].initialized = true;
        inventory.drives.push_back({"http://" + name + "/d" + std::to_string(d),
                                    {name, false},
                                    DriveState::kOk,
                                    0,
                                    index / per_set});
      }
    }
  }

  NodeFacts& operator[](int n) { return nodes.at("n" + std::to_string(n) + ":9000"); }
  void Kill(int n) {
    NodeFacts& node = (*this)[n];
    node.answered = node.initialized = false;
    node.probe_error = Error{ErrorCode::kConnect, "refused"};
  }
  View Join() const {
    std::vector<const NodeFacts*> facts;
    for (const auto& [name, node] : nodes) facts.push_back(&node);
    return JoinView(facts, &inventory, 1.5, "test");
  }
};

int Spare(const GroupOverview& group, std::string_view operation) {
  for (const FailuresTolerated& spare : group.failures_tolerated) {
    if (spare.operation == operation) return spare.count;
  }
  FAIL("no such operation");
  return 0;
}

int HealthyMembers(const GroupOverview& group) {
  int healthy = 0;
  for (const Membership& member : group.members) healthy += member.healthy;
  return healthy;
}

bool Blocked(const GroupOverview& group, std::string_view reason) {
  const auto& reasons = group.blocked_reasons;
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

TEST_CASE("what may still fail, by layout and nodes lost") {
  struct Case {
    const char* what;
    int nodes, drives, per_set, parity, lost;
    int write, read, write_nodes, read_nodes;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"4x1 EC:2", 4, 1, 4, 2, 0, 1, 2, 1, 2},
           {"4x1 EC:2", 4, 1, 4, 2, 1, 0, 1, 0, 1},
           {"4x1 EC:2", 4, 1, 4, 2, 2, -1, 0, -1, 0},
           {"4x1 EC:2", 4, 1, 4, 2, 3, -2, -1, -2, -1},
           {"4x1 EC:2", 4, 1, 4, 2, 4, -3, -2, -3, -2},
           {"4x2 EC:4, as much parity as data", 4, 2, 8, 4, 0, 3, 4, 1, 2},
           {"4x2 EC:4, as much parity as data", 4, 2, 8, 4, 1, 1, 2, 0, 1},
           {"4x2 EC:4, as much parity as data", 4, 2, 8, 4, 2, -1, 0, -1, 0},
           {"4x2 EC:3", 4, 2, 8, 3, 0, 3, 3, 1, 1},
           {"4x4 EC:4", 4, 4, 16, 4, 0, 4, 4, 1, 1},
           {"4x4 EC:4", 4, 4, 16, 4, 1, 0, 0, 0, 0},
           {"4x4 EC:4", 4, 4, 16, 4, 2, -4, -4, -1, -1},
           {"8x1 EC:4", 8, 1, 8, 4, 0, 3, 4, 3, 4},
           {"8x1 EC:4", 8, 1, 8, 4, 3, 0, 1, 0, 1},
           {"1x4 EC:2, one node", 1, 4, 4, 2, 0, 1, 2, 0, 0},
           {"1x4 EC:2, one node", 1, 4, 4, 2, 1, -3, -2, -1, -1},
       }) {
    CAPTURE(c.what);
    CAPTURE(c.lost);
    Deployment deployment(c.nodes, c.drives, c.per_set, c.parity);
    for (int n = 1; n <= c.lost; ++n) deployment.Kill(n);
    const View view = deployment.Join();
    REQUIRE(view.overview.groups.size() == 1);
    const GroupOverview& group = view.overview.groups[0];
    CHECK(group.name == "0/0");
    CHECK(Spare(group, "write") == c.write);
    CHECK(Spare(group, "read") == c.read);
    CHECK(Spare(group, "write_nodes") == c.write_nodes);
    CHECK(Spare(group, "read_nodes") == c.read_nodes);
    CHECK(group.writable == (c.write >= 0));
    CHECK(Blocked(group, "quorum") == (c.write < 0));
    CHECK(group.members.size() == static_cast<size_t>(c.nodes));
    CHECK(HealthyMembers(group) == c.nodes - c.lost);
    CHECK(view.sets[0].drives[static_cast<size_t>(DriveState::kOffline)] == c.lost * c.drives);
  }
}

TEST_CASE("nodes with more drives than others are the worst case") {
  // 3 + 1 + 1 + 1 usable drives, two may go: the big node may not.
  const std::vector<NodeShare> shares = {{3, 3}, {1, 1}, {1, 1}, {1, 1}};
  CHECK(SpareDrives(shares, 4) == 2);
  CHECK(SpareNodes(shares, 4) == 0);
  CHECK(SpareNodes(shares, 3) == 1);
  // Below the quorum: the fewest nodes that have to come back.
  CHECK(SpareNodes({{3, 0}, {1, 1}, {1, 1}, {1, 0}}, 4) == -1);
  CHECK(SpareNodes({{1, 0}, {1, 0}, {1, 1}, {1, 1}}, 4) == -2);
  CHECK(SpareNodes({}, 0) == 0);
}

TEST_CASE("a healing drive takes writes and counts for no read; its node is not healthy") {
  Deployment deployment(4, 1, 4, 2);
  deployment.inventory.drives[0].state = DriveState::kHealing;
  const View view = deployment.Join();
  const GroupOverview& group = view.overview.groups[0];
  CHECK(Spare(group, "write") == 1);
  CHECK(Spare(group, "read") == 1);
  CHECK(Spare(group, "write_nodes") == 1);
  CHECK(Spare(group, "read_nodes") == 1);
  CHECK(HealthyMembers(group) == 3);
  CHECK(view.sets[0].drives[static_cast<size_t>(DriveState::kHealing)] == 1);
}

TEST_CASE("an unformatted drive counts for nothing") {
  Deployment deployment(4, 1, 4, 2);
  deployment.inventory.drives[0].state = DriveState::kUnformatted;
  const GroupOverview group = deployment.Join().overview.groups[0];
  CHECK(Spare(group, "write") == 0);
  CHECK(HealthyMembers(group) == 3);
}

TEST_CASE("nodes that answer but are not initialised are up, and their drives are lost") {
  Deployment deployment(4, 1, 4, 2);
  for (int n = 1; n <= 2; ++n) deployment[n].initialized = false;
  const View view = deployment.Join();
  CHECK(view.overview.members[0].up);
  CHECK_FALSE(view.overview.members[0].error);
  const GroupOverview& group = view.overview.groups[0];
  CHECK(group.writable == false);
  CHECK(Blocked(group, "not_initialized"));
  CHECK(HealthyMembers(group) == 2);
  CHECK_FALSE(view.nodes[0].initialized);
}

TEST_CASE("two sets: each has its own sums") {
  Deployment deployment(4, 2, 4, 2);
  deployment.inventory.drives[0].state = DriveState::kOffline;
  const View view = deployment.Join();
  REQUIRE(view.overview.groups.size() == 2);
  CHECK(Spare(view.overview.groups[0], "write") == 0);
  CHECK(Spare(view.overview.groups[1], "write") == 1);
  CHECK(view.overview.members.size() == 4);
}

TEST_CASE("the nodes' verdicts add a no where the sums show none, and never a yes") {
  Deployment deployment(4, 1, 4, 2);
  for (int n = 1; n <= 4; ++n) deployment[n].sees_write_quorum = false;
  const GroupOverview partition = deployment.Join().overview.groups[0];
  CHECK(partition.writable == false);
  CHECK(Blocked(partition, "cluster_health"));
  CHECK_FALSE(Blocked(partition, "quorum"));

  deployment[3].sees_write_quorum = true;
  CHECK(deployment.Join().overview.groups[0].writable == true);

  for (int n = 1; n <= 4; ++n) deployment[n].sees_write_quorum = true;
  deployment.Kill(1);
  deployment.Kill(2);
  const GroupOverview lost = deployment.Join().overview.groups[0];
  CHECK(lost.writable == false);
  CHECK_FALSE(Blocked(lost, "cluster_health"));
}

TEST_CASE("versions: distinct ones of those that serve, left out while none is known") {
  Deployment deployment(4, 1, 4, 2);
  CHECK(deployment.Join().overview.groups[0].views.empty());
  for (int n = 1; n <= 4; ++n) deployment[n].version = "a";
  deployment[4].version = "b";
  CHECK(deployment.Join().overview.groups[0].views[0].distinct == 2);
  deployment.Kill(4);
  CHECK(deployment.Join().overview.groups[0].views[0].distinct == 1);
}

TEST_CASE("without an inventory the nodes asked are the members, and no group is made up") {
  NodeFacts seed;
  seed.name = "seed:9000";
  seed.answered = true;
  seed.admin_error = Error{ErrorCode::kAuth, "HTTP 403 SignatureDoesNotMatch"};
  const std::vector<const NodeFacts*> facts = {&seed};
  const View view = JoinView(facts, nullptr, std::nullopt, "test");
  REQUIRE(view.overview.members.size() == 1);
  CHECK(view.overview.members[0].up);
  CHECK(view.overview.members[0].error->code == ErrorCode::kAuth);
  CHECK_FALSE(view.overview.members[0].outcomes[0].success);
  CHECK(view.overview.groups.empty());
  CHECK_FALSE(view.inventory_age_seconds);
}

TEST_CASE("inventory: nothing shrinks or vanishes while nodes are away") {
  const auto read = [](const char* state) {
    return *ParseStorageInfo(ReadRecorded(std::string(state) + "/storageinfo.json"));
  };
  const NodeAddress self{"self:9000", false};
  const Inventory before = MergeInventory(nullptr, read("4x1-healthy"), self);
  CHECK(before.Nodes().size() == 4);

  SUBCASE("a drive that the answer no longer lists stays, offline") {
    StorageInfo fresh = read("4x1-healthy");
    const std::string gone = fresh.drives.back().endpoint;
    fresh.drives.pop_back();
    const Inventory now = MergeInventory(&before, std::move(fresh), self);
    REQUIRE(now.drives.size() == 4);
    for (const Drive& drive : now.drives) {
      CHECK((drive.state == DriveState::kOffline) == (drive.endpoint == gone));
    }
  }
  SUBCASE("a drive without a place keeps its last one") {
    StorageInfo fresh = read("4x1-unformatted");
    fresh.drives[0].pool = fresh.drives[0].set = -1;
    const Inventory now = MergeInventory(&before, std::move(fresh), self);
    REQUIRE(now.drives.size() == 4);
    CHECK(now.drives[0].set == 0);
  }
  SUBCASE("a replaced node takes the place of the old one") {
    StorageInfo fresh = read("4x1-healthy");
    fresh.drives[0].endpoint = "http://new:9000/d";
    fresh.drives[0].node = {"new:9000", false};
    CHECK(MergeInventory(&before, std::move(fresh), self).Nodes().size() == 4);
  }
  SUBCASE("drives named by path are the node's that was asked") {
    const Inventory one = MergeInventory(nullptr, read("1x4-healthy"), self);
    REQUIRE(one.Nodes().size() == 1);
    CHECK(one.Nodes()[0] == self);
  }
}

TEST_CASE("all families keep the naming rules") {
  for (const Collector<View>& collector : Collectors()) {
    for (const std::string& fault : LintMetrics(collector.metrics)) FAIL_CHECK(fault);
  }
}

TEST_CASE("the erasure collector leaves out what is not known") {
  Deployment deployment(4, 1, 4, 2);
  deployment[1].sees_write_quorum = true;
  deployment.Kill(4);
  SampleSink sink;
  const View view = deployment.Join();
  CollectorSet all;
  for (size_t i = 0; i < Collectors().size(); ++i) all.Add(i);
  PublishView(view, Collectors(), {Deadline::After(Duration::zero()), all}, sink);
  const Snapshot snapshot = sink.Finish();
  CHECK(snapshot.duplicates == 0);
  std::map<std::string_view, int> lines;
  for (const Line& line : snapshot.lines) ++lines[line.desc->name];
  CHECK(lines["replicawatch_minio_drives"] == 6);
  CHECK(lines["replicawatch_minio_node_initialized"] == 3);
  CHECK(lines["replicawatch_minio_node_sees_write_quorum"] == 1);
  CHECK(lines["replicawatch_minio_node_sees_read_quorum"] == 0);
  CHECK(lines["replicawatch_primaries"] == 0);
}

}  // namespace
}  // namespace replicawatch::minio
