#include "exporters/redis/replication_history.h"

#include <algorithm>

namespace replicawatch::redis {

void ReplicationHistory::Observe(const Replication& master, TimePoint now) {
  if (!master.master_offset || master.id.empty()) return;
  if (master.id != id_) {
    const bool goes_on =
        !id_.empty() && master.previous_id == id_ && master.previous_id_ends_at.has_value();
    if (goes_on) {
      points_.Rebase(*master.previous_id_ends_at - 1);
    } else {
      points_.Clear();
    }
    id_ = master.id;
    previous_id_ = master.previous_id;
    previous_id_ends_at_ = master.previous_id_ends_at;
  }
  points_.Record(now, *master.master_offset);
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
