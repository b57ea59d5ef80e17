#include "exporters/redis/cluster_view.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "exporters/redis/cluster_topology.h"

namespace replicawatch::redis {
namespace {

/// Who owns what as one node sees it, the owners in an order that all nodes share.
std::string SlotMap(const NodeFacts& node) {
  std::vector<const ClusterNode*> owners;
  for (const ClusterNode& known : node.cluster_nodes) {
    if (!known.slots.empty()) owners.push_back(&known);
  }
  std::sort(owners.begin(), owners.end(),
            [](const ClusterNode* a, const ClusterNode* b) { return a->id < b->id; });
  std::string map;
  for (const ClusterNode* owner : owners) AppendSlots(*owner, map);
  return map;
}

int CountCovered(const NodeFacts& reference) {
  int covered = 0;
  for (const ClusterNode& node : reference.cluster_nodes) {
    for (const SlotRange& range : node.slots) covered += range.last - range.first + 1;
  }
  return covered;
}

std::optional<double> ToDouble(std::optional<int64_t> value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

bool HasHealthyReplica(const GroupOverview& shard) {
  return std::any_of(shard.members.begin(), shard.members.end(), [](const Membership& member) {
    return member.role == "replica" && member.healthy;
  });
}

}  // namespace

std::optional<ClusterView> JoinCluster(std::span<const NodeFacts* const> nodes,
                                       const Topology& topology, const Overview& overview) {
  const NodeFacts* reference = ReferenceNode(nodes);
  if (reference == nullptr || !reference->answered) return std::nullopt;
  ClusterView view;
  view.slots_uncovered = kSlots - CountCovered(*reference);
  view.slots_pfail = ToDouble(reference->cluster_state.slots_pfail);
  view.slots_fail = ToDouble(reference->cluster_state.slots_fail);
  std::set<std::string> maps;
  int usable_masters = 0;
  for (const NodeFacts* node : nodes) {
    if (!node->answered || !node->cluster_self || topology.aliases.contains(node->address))
      continue;
    maps.insert(SlotMap(*node));
    if (node->cluster_self->is_master()) {
      // Since Valkey 8 the replicas tell of their masters' open slots as well.
      view.slots_migrating += node->cluster_self->migrating;
      view.slots_importing += node->cluster_self->importing;
    }
    if (topology.slot_masters.contains(node->address)) ++usable_masters;
  }
  view.slot_maps = static_cast<int>(maps.size());
  view.spare_masters = usable_masters - (static_cast<int>(topology.slot_masters.size()) / 2 + 1);
  for (const GroupOverview& shard : overview.groups) {
    if (!HasHealthyReplica(shard)) ++view.shards_without_replica;
  }
  return view;
}

}  // namespace replicawatch::redis
