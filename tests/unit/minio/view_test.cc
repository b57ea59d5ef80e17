#include "exporters/minio/view.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "common/deployment/overview_metrics.h"
#include "common/metrics/lint.h"
#include "common/scrape/publish.h"
#include "exporters/minio/collectors/table.h"
#include "exporters/minio/healing_pace.h"
#include "exporters/minio/quorum.h"
#include "tests/unit/minio/recorded.h"

namespace replicawatch::minio {
namespace {

constexpr double kNow = 1'800'000'000;

/// Nodes n1..nN with D drives each, in sets of S, parity P; a test bends it before it joins.
struct Deployment {
  std::map<std::string, NodeFacts> nodes;
  Inventory inventory;

  Deployment(int node_count, int drives, int per_set, int parity) {
    const int sets = node_count * drives / per_set;
    inventory.pools = {{sets, per_set, per_set - parity, per_set - 1}};
    int index = 0;
    for (int d = 1; d <= drives; ++d) {
      for (int n = 1; n <= node_count; ++n, ++index) {
        const std::string name = "n" + std::to_string(n) + ":9000";
        nodes[name].name = name;
        nodes[name].answered = nodes[name].initialized = true;
        KnownDrive drive;
        drive.endpoint = "http://" + name + "/d" + std::to_string(d);
        drive.node = {name, false};
        drive.state = DriveState::kOk;
        drive.pool = 0;
        drive.set = index / per_set;
        inventory.drives.push_back(std::move(drive));
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
    return JoinView({facts, &inventory, 1.5, kNow}, "test");
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
  for (int n = 1; n <= 4; ++n) deployment[n].verdicts.write_quorum = false;
  const GroupOverview partition = deployment.Join().overview.groups[0];
  CHECK(partition.writable == false);
  CHECK(Blocked(partition, "cluster_health"));
  CHECK_FALSE(Blocked(partition, "quorum"));

  deployment[3].verdicts.write_quorum = true;
  CHECK(deployment.Join().overview.groups[0].writable == true);

  for (int n = 1; n <= 4; ++n) deployment[n].verdicts.write_quorum = true;
  deployment.Kill(1);
  deployment.Kill(2);
  const GroupOverview lost = deployment.Join().overview.groups[0];
  CHECK(lost.writable == false);
  CHECK_FALSE(Blocked(lost, "cluster_health"));
}

TEST_CASE("versions: distinct ones of those that serve, left out while none is known") {
  Deployment deployment(4, 1, 4, 2);
  CHECK(deployment.Join().overview.groups[0].views.empty());
  for (int n = 1; n <= 4; ++n) deployment[n].told.version = "a";
  deployment[4].told.version = "b";
  CHECK(deployment.Join().overview.groups[0].views[0].distinct == 2);
  deployment.Kill(4);
  CHECK(deployment.Join().overview.groups[0].views[0].distinct == 1);
  for (int n = 1; n <= 4; ++n) deployment[n].told.settings = n % 2;
  const GroupOverview group = deployment.Join().overview.groups[0];
  CHECK(group.views[1].about == "config");
  CHECK(group.views[1].distinct == 2);
}

TEST_CASE("without an inventory the nodes asked are the members, and no group is made up") {
  NodeFacts seed;
  seed.name = "seed:9000";
  seed.answered = true;
  seed.admin_error = Error{ErrorCode::kAuth, "HTTP 403 SignatureDoesNotMatch"};
  const std::vector<const NodeFacts*> facts = {&seed};
  const View view = JoinView({facts, nullptr, std::nullopt, kNow}, "test");
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
  const Inventory before = MergeInventory(nullptr, read("4x1-healthy"), self, kNow);
  CHECK(before.Nodes().size() == 4);

  SUBCASE("a drive that the answer no longer lists stays, offline") {
    StorageInfo fresh = read("4x1-healthy");
    const std::string gone = fresh.drives.back().endpoint;
    fresh.drives.pop_back();
    const Inventory now = MergeInventory(&before, std::move(fresh), self, kNow);
    REQUIRE(now.drives.size() == 4);
    for (const KnownDrive& drive : now.drives) {
      CHECK((drive.state == DriveState::kOffline) == (drive.endpoint == gone));
    }
  }
  SUBCASE("a drive without a place keeps its last one") {
    StorageInfo fresh = read("4x1-unformatted");
    fresh.drives[0].pool = fresh.drives[0].set = -1;
    const Inventory now = MergeInventory(&before, std::move(fresh), self, kNow);
    REQUIRE(now.drives.size() == 4);
    CHECK(now.drives[0].set == 0);
  }
  SUBCASE("a replaced node takes the place of the old one") {
    StorageInfo fresh = read("4x1-healthy");
    fresh.drives[0].endpoint = "http://new:9000/d";
    fresh.drives[0].node = {"new:9000", false};
    CHECK(MergeInventory(&before, std::move(fresh), self, kNow).Nodes().size() == 4);
  }
  SUBCASE("drives named by path are the node's that was asked") {
    const Inventory one = MergeInventory(nullptr, read("1x4-healthy"), self, kNow);
    REQUIRE(one.Nodes().size() == 1);
    CHECK(one.Nodes()[0] == self);
  }
}

TEST_CASE("inventory: what is away keeps its sizes, with the time that they are of") {
  StorageInfo healthy = *ParseStorageInfo(ReadRecorded("4x1-healthy/storageinfo.json"));
  StorageInfo degraded = *ParseStorageInfo(ReadRecorded("4x1-one-down/storageinfo.json"));
  // Recorded from two deployments: the drives of the second take the names of the first.
  for (size_t i = 0; i < 4; ++i) degraded.drives[i].endpoint = healthy.drives[i].endpoint;
  const NodeAddress self{"self:9000", false};
  const Inventory before = MergeInventory(nullptr, healthy, self, kNow);
  const Inventory now = MergeInventory(&before, degraded, self, kNow + 10);
  double total = 0;
  int old = 0;
  for (const KnownDrive& drive : now.drives) {
    REQUIRE(drive.usage);
    total += drive.usage->total_bytes;
    const bool offline = drive.state == DriveState::kOffline;
    CHECK(drive.seen_unix_seconds == (offline ? kNow : kNow + 10));
    old += offline;
  }
  CHECK(old == 1);
  CHECK(total == doctest::Approx(4 * now.drives[0].usage->total_bytes));
}

TEST_CASE("capacity: the fullest drive bounds its set, shared devices count once") {
  Deployment deployment(4, 1, 4, 2);
  auto& drives = deployment.inventory.drives;
  CHECK_FALSE(deployment.Join().sets[0].capacity);
  for (KnownDrive& drive : drives) drive.usage = DriveUsage{1000, 400, 600, {}, {}, "8:0"};
  drives[2].usage->free_bytes = 100;
  const CapacityView own = *deployment.Join().sets[0].capacity;
  CHECK(own.usable_bytes == 2000);
  CHECK(own.usable_free_bytes == 200);
  CHECK(own.tightest_free_bytes == 100);
  CHECK(own.tightest_free_ratio == doctest::Approx(0.1));
  CHECK(own.tightest_member == "n3:9000");
  CHECK(own.tightest_drive == "/d1");
  // Two nodes on one machine, on one device.
  drives[0].node.name = "n1:9000";
  drives[1].node.name = "n1:9001";
  CHECK(deployment.Join().sets[0].capacity->usable_bytes == 1000);
  // A node that is away takes no space with it.
  deployment.Kill(3);
  CHECK(deployment.Join().sets[0].capacity->usable_bytes == 1000);
}

TEST_CASE("storage classes: each has its quorums and its spare") {
  Deployment deployment(4, 1, 4, 2);
  deployment.Kill(1);
  deployment.Kill(2);
  const SetView set = deployment.Join().sets[0];
  REQUIRE(set.classes.size() == 2);
  CHECK(set.classes[0].name == "STANDARD");
  CHECK(set.classes[0].failures_tolerated[1].count == 0);
  // The cluster's own health answers are about STANDARD alone: reads of the other one have stopped.
  CHECK(set.classes[1].read_quorum == 3);
  CHECK(set.classes[1].failures_tolerated[1].count == -1);
  deployment.inventory.pools[0].reduced_data = 0;
  CHECK(deployment.Join().sets[0].classes.size() == 1);
}

TEST_CASE("healing: pace over the last minutes, what is left, stalled or not") {
  Deployment deployment(4, 1, 4, 2);
  KnownDrive& drive = deployment.inventory.drives[1];
  drive.state = DriveState::kHealing;
  drive.healing.emplace();
  drive.healing->expected_bytes = 10'000;
  drive.healing->done_bytes = 1'000;
  drive.healing->skipped_bytes = 500;
  drive.healing->last_update_unix_seconds = kNow - 1;
  HealingPace pace;
  const TimePoint start = Clock::now();
  pace.Observe(deployment.inventory, start);
  CHECK_FALSE(drive.healed_bytes_per_second);
  CHECK_FALSE(deployment.Join().drives[1].healing_left_seconds);

  drive.healing->done_bytes = 2'000;
  pace.Observe(deployment.inventory, start + std::chrono::seconds(10));
  CHECK(drive.healed_bytes_per_second == 100);
  CHECK(deployment.Join().drives[1].healing_left_seconds == 75);
  CHECK(deployment.Join().drives[1].healing_stalled == false);

  // Nothing moves: after five minutes the pace is none, and no end can be told.
  drive.healing->last_update_unix_seconds = kNow - 301;
  for (int minute = 1; minute <= 6; ++minute)
    pace.Observe(deployment.inventory, start + std::chrono::minutes(minute));
  CHECK(drive.healed_bytes_per_second == 0);
  CHECK_FALSE(deployment.Join().drives[1].healing_left_seconds);
  CHECK(deployment.Join().drives[1].healing_stalled == true);

  // Begun anew.
  drive.healing->done_bytes = 10;
  drive.healed_bytes_per_second.reset();
  pace.Observe(deployment.inventory, start + std::chrono::minutes(7));
  CHECK_FALSE(drive.healed_bytes_per_second);

  drive.healing->finished = true;
  CHECK_FALSE(deployment.Join().drives[1].healing_stalled);
}

TEST_CASE("behind a load balancer: which node it was") {
  Deployment deployment(4, 1, 4, 2);
  for (int n = 1; n <= 4; ++n) deployment[n].identity = NodeIdentity(deployment[n].name);
  CHECK(deployment.Join().relayed.empty());
  NodeFacts& balancer = deployment.nodes["s3.example:443"];
  balancer.name = "s3.example:443";
  balancer.answered = balancer.initialized = true;
  balancer.identity = NodeIdentity("n2:9000");
  const View view = deployment.Join();
  CHECK(view.overview.members.size() == 4);
  REQUIRE(view.relayed.size() == 1);
  CHECK(view.relayed[0].address == "s3.example:443");
  CHECK(view.relayed[0].answered_by == "n2:9000");
  balancer.identity = NodeIdentity("elsewhere:9000");
  CHECK(deployment.Join().relayed[0].answered_by.empty());
}

TEST_CASE("all families keep the naming rules") {
  for (const Collector<View>& collector : Collectors()) {
    for (const std::string& fault : LintMetrics(collector.metrics)) FAIL_CHECK(fault);
  }
}

TEST_CASE("the collectors leave out what is not known") {
  Deployment deployment(4, 1, 4, 2);
  deployment[1].verdicts.write_quorum = true;
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
  CHECK(lines["replicawatch_minio_node_may_be_stopped"] == 0);
  CHECK(lines["replicawatch_minio_usable_bytes"] == 0);
  CHECK(lines["replicawatch_minio_drive_state"] == 4 * 6);
  CHECK(lines["replicawatch_minio_drive_total_bytes"] == 0);
  CHECK(lines["replicawatch_minio_objects"] == 0);
  CHECK(lines["replicawatch_minio_failures_tolerated"] == 2 * 4);
  CHECK(lines["replicawatch_primaries"] == 0);
}

}  // namespace
}  // namespace replicawatch::minio
