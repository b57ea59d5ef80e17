#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/deployment/overview.h"
#include "exporters/redis/promotion.h"
#include "exporters/redis/replication_history.h"

namespace replicawatch::redis {

/// What the families replicawatch_redis_* need of one replica. What it can't be asked is empty.
struct ReplicaView {
  std::string group;
  std::string member;
  std::optional<bool> link_up;
  std::optional<bool> sync_in_progress;
  std::vector<std::string_view> bars;  ///< why it would not be promoted, of kBars
};

/// One replication group, joined.
struct GroupView {
  GroupOverview overview;
  std::vector<ReplicaView> replicas;
};

/// Joins what the nodes of a group say of it and of each other. `history` is the group's stream,
/// null while no master was seen. Pure.
GroupView JoinGroup(const GroupTopology& group, const Topology& topology,
                    const NodesByAddress& nodes, const ReplicationHistory* history, TimePoint now);

}  // namespace replicawatch::redis
