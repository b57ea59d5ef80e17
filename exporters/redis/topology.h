#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "exporters/redis/facts.h"

namespace replicawatch::redis {

/// Who belongs together, by what the nodes say of each other.
struct GroupTopology {
  std::string name;
  std::set<std::string> data_nodes;  ///< addresses, also of nodes that never answered
  std::set<std::string> sentinels;
  std::string named_master;  ///< the address that the Sentinels name, by the highest config epoch,
                             ///< or the owner of the shard's slots
  bool master_is_down = false;   ///< the Sentinels (o_down) or the Cluster (fail) have agreed on it
  std::optional<int64_t> epoch;  ///< the highest config epoch of the name or shard
  std::optional<int64_t> quorum;
  std::vector<SlotRange> slots;  ///< of a Cluster's shard
};

struct Topology {
  std::vector<GroupTopology> groups;   ///< one per Sentinel master name or Cluster shard; else one
                                       ///< for each chain of masters
  std::set<std::string> slot_masters;  ///< of a Cluster: its masters with slots, who elect
  std::set<std::string> named;         ///< addresses that some node or Sentinel names
  std::map<std::string, std::string>
      aliases;  ///< an address that only we use -> the one by which the deployment knows it
};

/// Joins the answers of all nodes. `default_group` names a group that no Sentinel watches. Pure.
Topology BuildTopology(std::span<const NodeFacts* const> nodes, const std::string& default_group);

}  // namespace replicawatch::redis
