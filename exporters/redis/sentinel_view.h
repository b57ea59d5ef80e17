#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exporters/redis/promotion.h"

namespace replicawatch::redis {

/// What one Sentinel that answers says of one group.
struct SentinelView {
  std::string group;
  std::string member;
  bool tilt = false;
  bool master_s_down = false;
  bool master_o_down = false;
  std::optional<QuorumCheck> quorum_check;  ///< empty: it could not be asked
};

/// What the Sentinels of one group say together.
struct SentinelsView {
  std::vector<SentinelView> each;
  int known = 0;   ///< that any of them or the exporter knows, dead ones too
  int usable = 0;  ///< that answer and are not in TILT
  bool failover_in_progress = false;
  std::optional<int64_t> voted_epoch;  ///< the newest epoch in which one voted for a leader
  std::optional<double> master_since;  ///< time of day of the last failover
};

/// Joins the Sentinels' answers about one group; nothing when it has none. Pure.
std::optional<SentinelsView> JoinSentinels(const GroupTopology& group, const NodesByAddress& nodes);

}  // namespace replicawatch::redis
