#include "exporters/redis/sentinel_view.h"

#include <algorithm>

namespace replicawatch::redis {
namespace {

void JoinOne(const SentinelMaster& known, const GroupTopology& group, SentinelsView& joined) {
  joined.failover_in_progress |= known.master.HasFlag("failover_in_progress");
  for (const SentinelEntry& peer : known.peers) {
    if (peer.voted_epoch)
      joined.voted_epoch = std::max(joined.voted_epoch.value_or(0), *peer.voted_epoch);
  }
  // Without a failover the epoch is 0. Each notices within a second of the others; one that was
  // reset later notices again, so that the earliest is right.
  const bool current = known.master.config_epoch == group.epoch && group.epoch.value_or(0) > 0;
  if (!current || !known.master_since) return;
  joined.master_since =
      std::min(joined.master_since.value_or(*known.master_since), *known.master_since);
}

}  // namespace

std::optional<SentinelsView> JoinSentinels(const GroupTopology& group,
                                           const NodesByAddress& nodes) {
  if (group.sentinels.empty()) return std::nullopt;
  SentinelsView joined;
  joined.known = static_cast<int>(group.sentinels.size());
  for (const std::string& address : group.sentinels) {
    const auto found = nodes.find(address);
    if (found == nodes.end() || !found->second->answered) continue;
    const NodeFacts& node = *found->second;
    if (!node.info->tilt) ++joined.usable;
    for (const SentinelMaster& known : node.masters) {
      if (known.master.name != group.name) continue;
      joined.each.push_back({group.name, address, node.info->tilt, known.master.HasFlag("s_down"),
                             known.master.HasFlag("o_down"), known.quorum_check});
      JoinOne(known, group, joined);
    }
  }
  return joined;
}

}  // namespace replicawatch::redis
