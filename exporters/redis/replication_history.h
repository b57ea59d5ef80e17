#pragma once

#include <optional>
#include <string>

#include "common/deployment/position_history.h"
#include "exporters/redis/facts.h"

namespace replicawatch::redis {

/// The replication stream of one group over time: which offset its master had when, across
/// failovers. Fed with every answer of the master. Not synchronised.
class ReplicationHistory {
 public:
  /// `master` is the facts of the node that is master now.
  void Observe(const Replication& master, TimePoint now);

  /// The offset up to which a node with these facts has this group's stream; nothing when it is on
  /// another stream and needs a full copy.
  std::optional<int64_t> PositionOf(const Replication& node) const;

  std::optional<Duration> BehindFor(int64_t position, TimePoint now) const {
    return points_.BehindFor(position, now);
  }

  /// The newest offset that a master of this group was seen to have.
  std::optional<int64_t> newest() const {
    return points_.empty() ? std::nullopt : std::optional<int64_t>(points_.newest());
  }

 private:
  std::string id_;           // master_replid of the stream
  std::string previous_id_;  // the id before a promotion
  std::optional<int64_t> previous_id_ends_at_;
  PositionHistory<int64_t> points_;
};

}  // namespace replicawatch::redis
