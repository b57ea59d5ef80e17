#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/deployment/overview.h"
#include "exporters/redis/promotion.h"
#include "exporters/redis/replica_buffers.h"
#include "exporters/redis/replication_history.h"
#include "exporters/redis/sentinel_view.h"

namespace replicawatch::redis {

/// What the families replicawatch_redis_* need of one replica. What it can't be asked is empty.
struct ReplicaView {
  std::string group;
  std::string member;
  std::optional<bool> link_up;
  std::optional<bool> sync_in_progress;
  std::optional<bool> writable;              ///< by mistake: replica-read-only no
  std::optional<bool> next_sync_is_partial;  ///< if its link broke now; while the master answers
  std::vector<std::string_view> bars;        ///< why it would not be promoted, of kBars
  std::optional<ReplicaBuffer> buffer;       ///< what the node that it follows holds for it
};

/// What the families replicawatch_redis_* need of one group. What is not known is empty.
struct GroupState {
  std::string name;
  std::optional<SentinelsView> sentinels;
  uint64_t failovers = 0;             ///< that this process has seen
  std::optional<int64_t> lost_bytes;  ///< at the last of them
  std::optional<bool> failover_in_progress;
  std::optional<bool> restart_would_wipe;  ///< the master keeps nothing on disk and has replicas
  std::optional<int64_t> largest_buffer_bytes;  ///< of all replicas' links, told apart or not
};

/// One replication group, joined.
struct GroupView {
  GroupOverview overview;
  GroupState state;
  std::vector<ReplicaView> replicas;
};

/// Joins what the nodes of a group say of it and of each other. `history` is the group's stream,
/// null while no master was seen. Pure.
GroupView JoinGroup(const GroupTopology& group, const Topology& topology,
                    const NodesByAddress& nodes, const ReplicationHistory* history, TimePoint now);

}  // namespace replicawatch::redis
