#include "exporters/minio/view.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "exporters/minio/drive_view.h"
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
DriveState AddDrive(const Drive& drive, const NodeFacts* facts, SetView& set, Shares& shares) {
  const DriveState state = Serves(facts) ? drive.state : DriveState::kOffline;
  ++set.drives[static_cast<size_t>(state)];
  Share& share = shares[drive.node.name];
  share.facts = facts;
  ++share.drives;
  share.takes_writes += state == DriveState::kOk || state == DriveState::kHealing;
  share.complete += state == DriveState::kOk;
  return state;
}

/// How many different versions, and sets of settings, the serving nodes have; none known: 0.
void CountViews(const Shares& shares, GroupOverview& group) {
  std::set<std::pair<std::string_view, std::string_view>> versions;
  std::set<size_t> settings;
  for (const auto& [name, share] : shares) {
    if (!Serves(share.facts)) continue;
    const ToldOfNode& told = share.facts->told;
    if (!told.version.empty()) versions.emplace(told.version, told.commit);
    if (told.settings) settings.insert(*told.settings);
  }
  if (!versions.empty()) group.views.push_back({"version", static_cast<int>(versions.size())});
  if (!settings.empty()) group.views.push_back({"config", static_cast<int>(settings.size())});
}

std::vector<FailuresTolerated> CountFailures(const Shares& shares, int write_quorum,
                                             int read_quorum) {
  std::vector<NodeShare> write;
  std::vector<NodeShare> read;
  for (const auto& [name, share] : shares) {
    write.push_back({share.drives, share.takes_writes});
    read.push_back({share.drives, share.complete});
  }
  return {{"write", SpareDrives(write, write_quorum)},
          {"read", SpareDrives(read, read_quorum)},
          {"write_nodes", SpareNodes(write, write_quorum)},
          {"read_nodes", SpareNodes(read, read_quorum)}};
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
  group.failures_tolerated = set.classes.front().failures_tolerated;
  group.writable = group.failures_tolerated.front().count >= 0;
  if (!*group.writable) {
    group.blocked_reasons.push_back(kQuorum);
    if (waiting_node) group.blocked_reasons.push_back(kNotInitialized);
  }
  CountViews(shares, group);
  return group;
}

ClassView MakeClass(std::string_view name, int data, const PoolLayout& pool, const Shares& shares) {
  ClassView view{name, pool.WriteQuorum(data), data, {}};
  view.failures_tolerated = CountFailures(shares, view.write_quorum, view.read_quorum);
  return view;
}

void AddSets(const ViewInput& input, const FactsByName& facts, View& view) {
  const Inventory& inventory = *input.inventory;
  const Sharers sharers = CountSharers(inventory);
  std::map<std::pair<int, int>, std::pair<SetView, Shares>> sets;
  for (const KnownDrive& drive : inventory.drives) {
    auto& [set, shares] = sets[{drive.pool, drive.set}];
    if (set.group.empty()) set.group = std::to_string(drive.pool) + "/" + std::to_string(drive.set);
    const auto found = facts.find(drive.node.name);
    const DriveState state =
        AddDrive(drive, found == facts.end() ? nullptr : found->second, set, shares);
    const PoolLayout& pool = inventory.pools[static_cast<size_t>(drive.pool)];
    AddCapacity(drive, sharers, pool.data, set);
    view.drives.push_back(MakeDrive(drive, state, set.group, input.now_unix_seconds));
  }
  for (auto& [place, entry] : sets) {
    auto& [set, shares] = entry;
    const PoolLayout& pool = inventory.pools[static_cast<size_t>(place.first)];
    set.classes.push_back(MakeClass("STANDARD", pool.data, pool, shares));
    if (pool.reduced_data > 0)
      set.classes.push_back(MakeClass("REDUCED_REDUNDANCY", pool.reduced_data, pool, shares));
    view.overview.groups.push_back(MakeGroup(shares, set));
    view.sets.push_back(std::move(set));
  }
}

/// Where another node than the one that was asked has answered.
void AddRelayed(std::span<const NodeFacts* const> nodes, const std::set<std::string>& members,
                View& view) {
  std::map<std::string, std::string_view> names;  // of the nodes, by what they call themselves
  for (const NodeFacts* node : nodes) {
    if (!node->answered || node->identity.empty()) continue;
    // Most views need none of these digests.
    if (names.empty()) {
      for (const std::string& name : members) names.emplace(NodeIdentity(name), name);
    }
    const auto found = names.find(node->identity);
    const std::string_view by = found == names.end() ? std::string_view() : found->second;
    if (by != node->name) view.relayed.push_back({node->name, std::string(by)});
  }
}

/// The nodes' own "no" where the sums show no reason for one.
void AddVerdicts(std::span<const NodeFacts* const> nodes, Overview& overview) {
  bool asked = false;
  for (const NodeFacts* facts : nodes) {
    if (!facts->answered || !facts->verdicts.write_quorum) continue;
    if (*facts->verdicts.write_quorum) return;
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

NodeView ViewOfNode(const NodeFacts& facts) {
  return {facts.name,        facts.answered, facts.certificate_end_unix,
          facts.initialized, facts.verdicts, facts.request_pool,
          facts.told};
}

View JoinView(const ViewInput& input, const std::string& cluster) {
  View view;
  view.overview.vocabulary = &kVocabulary;
  view.overview.cluster = cluster;
  view.cluster = input.cluster;
  FactsByName facts;
  for (const NodeFacts* node : input.nodes) facts.emplace(node->name, node);

  std::set<std::string> members;
  if (input.inventory != nullptr) {
    for (const NodeAddress& node : input.inventory->Nodes()) members.insert(node.name);
    view.inventory_age_seconds = input.inventory_age_seconds;
    AddSets(input, facts, view);
    AddVerdicts(input.nodes, view.overview);
  } else {
    for (const NodeFacts* node : input.nodes) members.insert(node->name);
  }
  for (const std::string& name : members) {
    const auto found = facts.find(name);
    const NodeFacts* node = found == facts.end() ? nullptr : found->second;
    view.overview.members.push_back(MakeMember(name, node));
    if (node != nullptr) view.nodes.push_back(ViewOfNode(*node));
  }
  AddRelayed(input.nodes, members, view);
  return view;
}

}  // namespace replicawatch::minio
