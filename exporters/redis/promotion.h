#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/redis/facts.h"
#include "exporters/redis/topology.h"

namespace replicawatch::redis {

/// Why a replica would not be promoted: values of the label `reason`.
constexpr std::array<std::string_view, 7> kBars = {"down", "loading",    "priority", "sync",
                                                   "link", "nofailover", "sentinel"};

/// The facts of all nodes by the address under which the deployment knows them.
using NodesByAddress = std::map<std::string, const NodeFacts*>;

/// Tells which replicas of one group could be promoted, by the rule of whoever would do it:
/// Sentinel (sentinelSelectSlave), the Cluster (clusterHandleSlaveFailover), or somebody by hand,
/// who wants a replica that is in step. Pure; refers to what it is made from.
class Promotion {
 public:
  Promotion(const GroupTopology& group, const NodesByAddress& nodes, bool has_primary);

  /// Of kBars those that hold now; none: it can be promoted. `replica` is one of the group's data
  /// nodes, null when it was never reached.
  std::vector<std::string_view> Bars(const NodeFacts* replica) const;

 private:
  bool LinkIsTooOld(const NodeFacts& replica) const;
  bool SentinelsRefuse(const NodeFacts& replica) const;

  const GroupTopology& group_;
  const NodesByAddress& nodes_;
  const bool has_primary_;
  double sentinel_patience_ms_ = 0;  // with a link that is down
};

}  // namespace replicawatch::redis
