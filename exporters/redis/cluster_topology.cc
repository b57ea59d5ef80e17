#include "exporters/redis/cluster_topology.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace replicawatch::redis {
namespace {

/// Who is who: the facts by the node's id in the Cluster.
using ById = std::unordered_map<std::string_view, const NodeFacts*>;

const NodeFacts* Find(const ById& by_id, const ClusterNode& node) {
  const auto found = by_id.find(node.id);
  return found == by_id.end() ? nullptr : found->second;
}

bool IsOf(const ClusterNode& master, const ClusterNode& node) {
  return node.id == master.id || node.master_id == master.id;
}

/// A name that a failover does not change: the shard id that the nodes have since 7.2, else the
/// first slot.
std::string ShardName(const ById& by_id, const ClusterNode& master,
                      const std::vector<ClusterNode>& all) {
  for (const ClusterNode& node : all) {
    const NodeFacts* facts = IsOf(master, node) ? Find(by_id, node) : nullptr;
    if (facts != nullptr && !facts->shard_id.empty()) return facts->shard_id;
  }
  return std::to_string(master.slots.front().first);
}

/// The address by which the deployment knows the node; where it doesn't, the one that answered.
std::string AddressOf(const ById& by_id, const ClusterNode& node) {
  if (!node.address.empty()) return node.address;
  const NodeFacts* facts = Find(by_id, node);
  return facts == nullptr ? std::string() : facts->address;
}

/// An old master that lost its slots while it was away.
bool HadSlotsOf(const ById& by_id, const ClusterNode& master, const ClusterNode& node) {
  if (!node.is_master() || !node.slots.empty()) return false;
  const NodeFacts* facts = Find(by_id, node);
  return facts != nullptr && Overlap(facts->cluster_self->slots, master.slots);
}

}  // namespace

bool Overlap(const std::vector<SlotRange>& a, const std::vector<SlotRange>& b) {
  return std::any_of(a.begin(), a.end(), [&](const SlotRange& range) {
    return std::any_of(b.begin(), b.end(),
                       [&](const SlotRange& other) { return range.Overlaps(other); });
  });
}

void AppendSlots(const ClusterNode& node, std::string& out) {
  out += node.id;
  for (const SlotRange& range : node.slots)
    out += ' ' + std::to_string(range.first) + '-' + std::to_string(range.last);
  out += ';';
}

const NodeFacts* ReferenceNode(std::span<const NodeFacts* const> nodes) {
  const auto rank = [](const NodeFacts& node) {
    const ClusterState& state = node.cluster_state;
    return std::tuple(node.answered, state.ok, state.current_epoch.value_or(0),
                      node.cluster_nodes.size());
  };
  const NodeFacts* best = nullptr;
  for (const NodeFacts* node : nodes) {
    if (node->cluster_nodes.empty()) continue;
    if (best == nullptr || rank(*node) > rank(*best)) best = node;
  }
  return best;
}

void AddShards(std::span<const NodeFacts* const> nodes, Topology& topology) {
  const NodeFacts* reference = ReferenceNode(nodes);
  if (reference == nullptr) return;
  ById by_id;
  for (const NodeFacts* node : nodes) {
    if (node->cluster_self) by_id.emplace(node->cluster_self->id, node);
  }
  const std::vector<ClusterNode>& all = reference->cluster_nodes;
  for (const ClusterNode& master : all) {
    if (!master.is_master() || master.slots.empty()) continue;
    GroupTopology shard;
    shard.name = ShardName(by_id, master, all);
    shard.named_master = AddressOf(by_id, master);
    shard.master_is_down = reference->answered && master.HasFlag("fail");
    shard.epoch = master.config_epoch;
    shard.slots = master.slots;
    for (const ClusterNode& node : all) {
      if (!IsOf(master, node) && !HadSlotsOf(by_id, master, node)) continue;
      if (std::string address = AddressOf(by_id, node); !address.empty())
        shard.data_nodes.insert(std::move(address));
    }
    topology.slot_masters.insert(shard.named_master);
    topology.groups.push_back(std::move(shard));
  }
}

}  // namespace replicawatch::redis
