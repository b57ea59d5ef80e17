#include "exporters/redis/replication_history.h"

#include <algorithm>

namespace replicawatch::redis {

namespace {

/// Writes come in bursts; a replica that is away for less than that is back before it matters.
constexpr auto kRateWindow = std::chrono::minutes(1);
constexpr auto kShortestRateWindow = std::chrono::seconds(10);

}  // namespace

bool CanResume(std::string_view id, int64_t offset, const Replication& master) {
  if (!master.backlog_first_byte || !master.backlog_length || *master.backlog_length <= 0)
    return false;
  const int64_t next = offset + 1;
  const bool same_stream = id == master.id || (id == master.previous_id &&
                                               next <= master.previous_id_ends_at.value_or(-1));
  return same_stream && next >= *master.backlog_first_byte &&
         next <= *master.backlog_first_byte + *master.backlog_length;
}

void ReplicationHistory::Observe(const Replication& master, TimePoint now, double unix_now) {
  if (!master.master_offset || master.id.empty()) return;
  if (master.id != id_) {
    const bool goes_on =
        !id_.empty() && master.previous_id == id_ && master.previous_id_ends_at.has_value();
    if (goes_on) {
      const int64_t kept = *master.previous_id_ends_at - 1;
      last_failover_ = Failover{unix_now, Seconds(now - last_seen_),
                                std::max<int64_t>(newest().value_or(kept) - kept, 0)};
      ++failovers_;
      points_.Rebase(kept);
    } else {
      points_.Clear();
    }
    id_ = master.id;
    previous_id_ = master.previous_id;
    previous_id_ends_at_ = master.previous_id_ends_at;
  }
  points_.Record(now, *master.master_offset);
  last_seen_ = now;
}

std::optional<double> ReplicationHistory::BytesPerSecond(TimePoint now) const {
  const auto before = points_.LastBefore(now - kRateWindow, now - kShortestRateWindow);
  if (!before) return std::nullopt;
  return static_cast<double>(points_.newest() - before->position) / Seconds(now - before->when);
}

std::optional<int64_t> ReplicationHistory::PositionOf(const Replication& node) const {
  // What a master has is master_repl_offset; a replica has applied slave_repl_offset.
  const std::optional<int64_t> offset =
      node.role == Role::kReplica ? node.replica_offset : node.master_offset;
  if (!offset) return std::nullopt;
  if (node.id == id_) return offset;
  if (node.id == previous_id_ && previous_id_ends_at_)
    return std::min(*offset, *previous_id_ends_at_ - 1);
  return std::nullopt;
}

}  // namespace replicawatch::redis
