#include "exporters/redis/promotion.h"

#include <algorithm>

namespace replicawatch::redis {
namespace {

/// What the answering Sentinels know of the group, each in turn.
template <class Take>
void ForEachSentinelView(const GroupTopology& group, const NodesByAddress& nodes,
                         const Take& take) {
  for (const std::string& address : group.sentinels) {
    const auto found = nodes.find(address);
    if (found == nodes.end() || !found->second->answered) continue;
    for (const SentinelMaster& known : found->second->masters) {
      if (known.master.name == group.name) take(known);
    }
  }
}

double Setting(const NodeFacts& node, const char* name, double otherwise) {
  return ParseDouble(SettingOf(node.settings, name)).value_or(otherwise);
}

}  // namespace

Promotion::Promotion(const GroupTopology& group, const NodesByAddress& nodes, bool has_primary)
    : group_(group), nodes_(nodes), has_primary_(has_primary) {
  ForEachSentinelView(group, nodes, [&](const SentinelMaster& known) {
    const auto down_after = static_cast<double>(known.master.down_after_ms.value_or(30'000));
    const auto down_for = static_cast<double>(known.master.s_down_ms.value_or(0));
    sentinel_patience_ms_ = std::max(sentinel_patience_ms_, 10 * down_after + down_for);
  });
}

std::vector<std::string_view> Promotion::Bars(const NodeFacts* replica) const {
  if (replica == nullptr || !replica->answered) return {"down"};
  std::vector<std::string_view> bars;
  const Replication& replication = replica->info->replication;
  const bool in_cluster = replica->cluster_self.has_value();
  if (replica->info->loading) bars.push_back("loading");
  // Only Sentinel looks at the priority to bar a replica; by hand people go by it too.
  if (!in_cluster && replication.priority.value_or(100) == 0) bars.push_back("priority");
  if (replication.sync_in_progress) bars.push_back("sync");
  if (!replication.master_link_up && LinkIsTooOld(*replica)) bars.push_back("link");
  if (in_cluster && replica->cluster_self->HasFlag("nofailover")) bars.push_back("nofailover");
  if (SentinelsRefuse(*replica)) bars.push_back("sentinel");
  return bars;
}

/// The link is down. For how long that may be so.
bool Promotion::LinkIsTooOld(const NodeFacts& replica) const {
  const auto down_seconds = replica.info->replication.link_down_seconds;
  if (!down_seconds) return true;  // it was never up
  auto down_ms = static_cast<double>(*down_seconds) * 1e3;
  if (!group_.sentinels.empty())
    return sentinel_patience_ms_ > 0 && down_ms > sentinel_patience_ms_;
  if (!replica.cluster_self) return has_primary_;
  const double factor = Setting(replica, "cluster-replica-validity-factor", 10);
  const double timeout = Setting(replica, "cluster-node-timeout", 15'000);
  const double ping_ms = Setting(replica, "repl-ping-replica-period", 10) * 1e3;
  // The time that it took to see that the master is gone does not count.
  if (down_ms > timeout) down_ms -= timeout;
  return factor > 0 && down_ms > ping_ms + timeout * factor;
}

/// A failover is led by one of the Sentinels, and each goes by what it sees itself: a replica is
/// out when all of them that know it see it down.
bool Promotion::SentinelsRefuse(const NodeFacts& replica) const {
  int known = 0;
  int refusing = 0;
  ForEachSentinelView(group_, nodes_, [&](const SentinelMaster& view) {
    for (const SentinelEntry& entry : view.replicas) {
      if (entry.run_id != replica.info->run_id || entry.run_id.empty()) continue;
      ++known;
      const bool down =
          entry.HasFlag("s_down") || entry.HasFlag("o_down") || entry.HasFlag("disconnected");
      constexpr int64_t kPingLimitMs = 5000;
      if (down || entry.last_ok_ping_ms.value_or(0) > kPingLimitMs) ++refusing;
    }
  });
  return known > 0 && refusing == known;
}

}  // namespace replicawatch::redis
