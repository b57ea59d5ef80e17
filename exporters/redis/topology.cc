#include "exporters/redis/topology.h"

#include <algorithm>

#include "exporters/redis/cluster_topology.h"

namespace replicawatch::redis {
namespace {

/// A replica that announces no port is no server: `redis-cli --replica` and change-data tools
/// attach like that.
bool IsServerAddress(const std::string& address) {
  return !address.empty() && !address.ends_with(":0");
}

void CollectNamed(std::span<const NodeFacts* const> nodes, Topology& topology) {
  for (const NodeFacts* node : nodes) {
    for (const SentinelMaster& known : node->masters) {
      topology.named.insert(known.master.address);
      for (const SentinelEntry& replica : known.replicas) topology.named.insert(replica.address);
      for (const SentinelEntry& peer : known.peers) topology.named.insert(peer.address);
    }
    for (const ClusterNode& known : node->cluster_nodes) {
      const bool in_contact = !known.HasFlag("handshake") && !known.HasFlag("noaddr");
      if (!known.address.empty() && in_contact) topology.named.insert(known.address);
    }
    // The Cluster says it better: by the addresses that its nodes announce there.
    if (!node->info || !node->cluster_nodes.empty()) continue;
    const Replication& replication = node->info->replication;
    if (IsServerAddress(replication.master_address))
      topology.named.insert(replication.master_address);
    for (const AttachedReplica& attached : replication.attached) {
      if (IsServerAddress(attached.address)) topology.named.insert(attached.address);
    }
  }
}

/// The run id, in a Cluster the node's id, tells that two addresses are one process; the one that
/// the deployment uses is kept.
void FindAliases(std::span<const NodeFacts* const> nodes, Topology& topology) {
  std::map<std::string, std::string> by_id;
  for (const NodeFacts* node : nodes) {
    for (const SentinelMaster& known : node->masters) {
      by_id[known.master.run_id] = known.master.address;
      for (const SentinelEntry& replica : known.replicas) by_id[replica.run_id] = replica.address;
      for (const SentinelEntry& peer : known.peers) by_id[peer.run_id] = peer.address;
    }
    // A node that has not learnt its own address yet leaves it out.
    for (const ClusterNode& known : node->cluster_nodes) {
      if (!known.address.empty()) by_id[known.id] = known.address;
    }
  }
  for (const NodeFacts* node : nodes) {
    if (node->info && topology.named.contains(node->address))
      by_id[node->info->run_id] = node->address;
  }
  by_id.erase("");
  for (const NodeFacts* node : nodes) {
    if (!node->info || topology.named.contains(node->address)) continue;
    const auto found = by_id.find(node->cluster_self ? node->cluster_self->id : node->info->run_id);
    if (found != by_id.end() && found->second != node->address)
      topology.aliases[node->address] = found->second;
  }
}

const std::string& NameOf(const Topology& topology, const std::string& address) {
  const auto alias = topology.aliases.find(address);
  return alias == topology.aliases.end() ? address : alias->second;
}

GroupTopology& GroupNamed(Topology& topology, const std::string& name) {
  for (GroupTopology& group : topology.groups) {
    if (group.name == name) return group;
  }
  topology.groups.push_back({name, {}, {}, {}, false, {}, {}, {}});
  return topology.groups.back();
}

void AddSentinelView(const NodeFacts& sentinel, const SentinelMaster& known, Topology& topology) {
  GroupTopology& group = GroupNamed(topology, known.master.name);
  group.data_nodes.insert(known.master.address);
  for (const SentinelEntry& replica : known.replicas) group.data_nodes.insert(replica.address);
  group.sentinels.insert(NameOf(topology, sentinel.address));
  for (const SentinelEntry& peer : known.peers) group.sentinels.insert(peer.address);
  // What a silent Sentinel said last is out of date, but better than nothing while none answers.
  const bool newer =
      !group.epoch || (known.master.config_epoch && *known.master.config_epoch > *group.epoch);
  if (group.named_master.empty() || (newer && sentinel.answered)) {
    group.named_master = known.master.address;
    group.epoch = known.master.config_epoch;
  }
  if (sentinel.answered && known.master.HasFlag("o_down")) group.master_is_down = true;
  if (known.master.quorum) group.quorum = known.master.quorum;
}

/// Puts a data node that no Sentinel watches, and those it names, with the group that one of them
/// is in.
void AddPlainNode(const NodeFacts& node, const std::string& default_group, Topology& topology) {
  std::set<std::string> linked = {NameOf(topology, node.address)};
  const Replication& replication = node.info->replication;
  if (IsServerAddress(replication.master_address)) linked.insert(replication.master_address);
  for (const AttachedReplica& attached : replication.attached) {
    if (IsServerAddress(attached.address)) linked.insert(attached.address);
  }
  GroupTopology* home = nullptr;
  for (GroupTopology& group : topology.groups) {
    const bool related = std::any_of(linked.begin(), linked.end(), [&](const std::string& address) {
      return group.data_nodes.contains(address);
    });
    if (!related) continue;
    if (home == nullptr) {
      home = &group;
    } else if (group.sentinels.empty()) {
      // This node is the link between two groups that looked apart so far.
      home->data_nodes.merge(group.data_nodes);
      group.data_nodes.clear();
    }
  }
  if (home == nullptr) {
    const bool taken =
        std::any_of(topology.groups.begin(), topology.groups.end(),
                    [&](const GroupTopology& group) { return group.name == default_group; });
    home = &GroupNamed(topology, taken ? NameOf(topology, node.address) : default_group);
  }
  home->data_nodes.merge(linked);
}

}  // namespace

Topology BuildTopology(std::span<const NodeFacts* const> nodes, const std::string& default_group) {
  Topology topology;
  CollectNamed(nodes, topology);
  FindAliases(nodes, topology);
  for (const bool answered : {true, false}) {
    for (const NodeFacts* node : nodes) {
      if (node->answered != answered) continue;
      for (const SentinelMaster& known : node->masters) AddSentinelView(*node, known, topology);
    }
  }
  AddShards(nodes, topology);
  for (const NodeFacts* node : nodes) {
    const bool data = node->role() == Role::kMaster || node->role() == Role::kReplica;
    if (data && node->cluster_nodes.empty()) AddPlainNode(*node, default_group, topology);
  }
  std::erase_if(topology.groups,
                [](const GroupTopology& group) { return group.data_nodes.empty(); });
  return topology;
}

}  // namespace replicawatch::redis
