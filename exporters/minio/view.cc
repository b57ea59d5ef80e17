#include "exporters/minio/view.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "exporters/minio/quorum.h"

namespace replicawatch::minio {
namespace {

constexpr std::string_view kNode = "node";
constexpr std::array<std::string_view, 1> kRoles = {kNode};

constexpr std::string_view kQuorum = "quorum";
constexpr std::string_view kNotInitialized = "not_initialized";
constexpr std::string_view kClusterHealth = "cluster_health";
constexpr std::array<std::string_view, 3> kReasons = {kQuorum, kNotInitialized, kClusterHealth};

constexpr Vocabulary kVocabulary = {"minio", kRoles, kReasons};

using FactsByName = std::map<std::string_view, const NodeFacts*>;

/// What one node has in one set.
struct Share {
  const NodeFacts* facts = nullptr;  ///< null: not asked yet
  int drives = 0;
  int takes_writes = 0;
  int complete = 0;  ///< has all its objects: ok and not healing
};
using Shares = std::map<std::string, Share>;  // by node

bool Serves(const NodeFacts* facts) {
  return facts != nullptr && facts->answered && facts->initialized;
}

MemberOverview MakeMember(const std::string& name, const NodeFacts* facts) {
  MemberOverview member;
  member.name = name;
  if (facts == nullptr) return member;
  member.up = facts->answered;
  member.error = facts->probe_error ? facts->probe_error : facts->admin_error;
  if (facts->answered) member.clock_skew_seconds = facts->clock_skew_seconds;
  member.outcomes.push_back({"deployment", facts->answered && !member.error, facts->probe_seconds});
  return member;
}

/// Drives as seen from outside, added to the counts of the set and of their nodes.
void AddDrive(const Drive& drive, const NodeFacts* facts, SetView& set, Shares& shares) {
  const DriveState state = Serves(facts) ? drive.state : DriveState::kOffline;
  ++set.drives[static_cast<size_t>(state)];
  Share& share = shares[drive.node.name];
  share.facts = facts;
  ++share.drives;
  share.takes_writes += state == DriveState::kOk || state == DriveState::kHealing;
  share.complete += state == DriveState::kOk;
}

int CountVersions(const Shares& shares) {
  std::set<std::string_view> versions;
  for (const auto& [name, share] : shares) {
    if (Serves(share.facts) && !share.facts->version.empty()) versions.insert(share.facts->version);
  }
  return static_cast<int>(versions.size());
}

std::vector<FailuresTolerated> CountFailures(const Shares& shares, const SetView& set) {
  std::vector<NodeShare> write;
  std::vector<NodeShare> read;
  for (const auto& [name, share] : shares) {
    write.push_back({share.drives, share.takes_writes});
    read.push_back({share.drives, share.complete});
  }
  return {{"write", SpareDrives(write, set.write_quorum)},
          {"read", SpareDrives(read, set.read_quorum)},
          {"write_nodes", SpareNodes(write, set.write_quorum)},
          {"read_nodes", SpareNodes(read, set.read_quorum)}};
}

GroupOverview MakeGroup(const Shares& shares, const SetView& set) {
  GroupOverview group;
  group.name = set.group;
  bool waiting_node = false;
  for (const auto& [name, share] : shares) {
    Membership membership;
    membership.member = name;
    membership.role = kNode;
    membership.healthy = share.complete == share.drives;
    group.members.push_back(std::move(membership));
    waiting_node |= share.facts != nullptr && share.facts->answered && !share.facts->initialized;
  }
  group.failures_tolerated = CountFailures(shares, set);
  group.writable = group.failures_tolerated.front().count >= 0;
  if (!*group.writable) {
    group.blocked_reasons.push_back(kQuorum);
    if (waiting_node) group.blocked_reasons.push_back(kNotInitialized);
  }
  if (const int versions = CountVersions(shares); versions > 0) {
    group.views.push_back({"version", versions});
  }
  return group;
}

void AddSets(const Inventory& inventory, const FactsByName& facts, View& view) {
  std::map<std::pair<int, int>, std::pair<SetView, Shares>> sets;
  for (const Drive& drive : inventory.drives) {
    auto& [set, shares] = sets[{drive.pool, drive.set}];
    const auto found = facts.find(drive.node.name);
    AddDrive(drive, found == facts.end() ? nullptr : found->second, set, shares);
  }
  for (auto& [place, entry] : sets) {
    auto& [set, shares] = entry;
    const PoolLayout& pool = inventory.pools[static_cast<size_t>(place.first)];
    set.group = std::to_string(place.first) + "/" + std::to_string(place.second);
    set.write_quorum = pool.write_quorum();
    set.read_quorum = pool.read_quorum();
    view.overview.groups.push_back(MakeGroup(shares, set));
    view.sets.push_back(std::move(set));
  }
}

/// The nodes' own "no" where the sums show no reason for one.
void AddVerdicts(std::span<const NodeFacts* const> nodes, Overview& overview) {
  bool asked = false;
  for (const NodeFacts* facts : nodes) {
    if (!facts->answered || !facts->sees_write_quorum) continue;
    if (*facts->sees_write_quorum) return;
    asked = true;
  }
  const auto fine = [](const GroupOverview& group) { return group.writable.value_or(false); };
  if (!asked || !std::all_of(overview.groups.begin(), overview.groups.end(), fine)) return;
  for (GroupOverview& group : overview.groups) {
    group.writable = false;
    group.blocked_reasons.push_back(kClusterHealth);
  }
}

}  // namespace

const Vocabulary& MinioVocabulary() { return kVocabulary; }

View JoinView(std::span<const NodeFacts* const> nodes, const Inventory* inventory,
              std::optional<double> inventory_age_seconds, const std::string& cluster) {
  View view;
  view.overview.vocabulary = &kVocabulary;
  view.overview.cluster = cluster;
  FactsByName facts;
  for (const NodeFacts* node : nodes) facts.emplace(node->name, node);

  std::set<std::string> members;
  if (inventory != nullptr) {
    for (const NodeAddress& node : inventory->Nodes()) members.insert(node.name);
    view.inventory_age_seconds = inventory_age_seconds;
    AddSets(*inventory, facts, view);
    AddVerdicts(nodes, view.overview);
  } else {
    for (const NodeFacts* node : nodes) members.insert(node->name);
  }
  for (const std::string& name : members) {
    const auto found = facts.find(name);
    const NodeFacts* node = found == facts.end() ? nullptr : found->second;
    view.overview.members.push_back(MakeMember(name, node));
    if (node == nullptr || !node->answered) continue;
    view.nodes.push_back(
        {name, node->initialized, node->sees_write_quorum, node->sees_read_quorum});
  }
  return view;
}

}  // namespace replicawatch::minio
