#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/deployment/position_history.h"
#include "exporters/redis/facts.h"

namespace replicawatch::redis {

/// Whether the master would let a replica that has the stream `id` up to `offset` resume, by the
/// master's own rule (masterTryPartialResynchronization): else it sends a full copy.
bool CanResume(std::string_view id, int64_t offset, const Replication& master);

/// A replica has become master and goes on with the stream.
struct Failover {
  double unix_seconds = 0;  ///< when the new master was first seen
  double gap_seconds = 0;   ///< since the old master was last seen
  int64_t lost_bytes = 0;   ///< that the old master was seen to have and the new one had not
};

/// The replication stream of one group over time: which offset its master had when, across
/// failovers. Fed with every answer of the master. Not synchronised.
class ReplicationHistory {
 public:
  /// `master` is the facts of the node that is master now; `unix_now` is the time of day of `now`.
  void Observe(const Replication& master, TimePoint now, double unix_now);

  /// The offset up to which a node with these facts has this group's stream; nothing when it is on
  /// another stream and needs a full copy.
  std::optional<int64_t> PositionOf(const Replication& node) const;

  std::optional<Duration> BehindFor(int64_t position, TimePoint now) const {
    return points_.BehindFor(position, now);
  }

  /// How many bytes a second the stream has grown of late; nothing before it has been watched for
  /// some time.
  std::optional<double> BytesPerSecond(TimePoint now) const;

  /// Seen since the watching began.
  uint64_t failovers() const { return failovers_; }
  const std::optional<Failover>& last_failover() const { return last_failover_; }

  /// The newest offset that a master of this group was seen to have.
  std::optional<int64_t> newest() const {
    return points_.empty() ? std::nullopt : std::optional<int64_t>(points_.newest());
  }

 private:
  std::string id_;           // master_replid of the stream
  std::string previous_id_;  // the id before a promotion
  std::optional<int64_t> previous_id_ends_at_;
  TimePoint last_seen_;
  uint64_t failovers_ = 0;
  std::optional<Failover> last_failover_;
  PositionHistory<int64_t> points_;
};

}  // namespace replicawatch::redis
