#pragma once

#include <optional>
#include <span>

#include "common/deployment/overview.h"
#include "exporters/redis/topology.h"

namespace replicawatch::redis {

/// A Cluster as a whole.
struct ClusterView {
  int slots_uncovered = 0;            ///< that no master serves
  std::optional<double> slots_pfail;  ///< of masters that the best informed node can't reach
  std::optional<double> slots_fail;   ///< of masters that the majority of masters can't reach
  int slots_migrating = 0;            ///< open slots, as their old owners tell
  int slots_importing = 0;            ///< open slots, as their new owners tell
  int shards_without_replica = 0;     ///< shards whose loss of one more node stops the writes
  int slot_maps = 0;                  ///< distinct maps of the slots among the nodes that answered
  int spare_masters = 0;              ///< may be lost before no majority is left to elect
};

/// Nothing when no node is of a Cluster. `overview` has the shards already. Pure.
std::optional<ClusterView> JoinCluster(std::span<const NodeFacts* const> nodes,
                                       const Topology& topology, const Overview& overview);

}  // namespace replicawatch::redis
