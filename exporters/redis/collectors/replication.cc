// The replicas: their links, their full syncs, and whether they would be promoted.

#include <algorithm>
#include <array>

#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kLinkUp, kSync, kPromotable, kBarred, kIndexSize };

constexpr MetricDesc OfReplica(std::string_view name, std::string_view help,
                               std::string_view source, std::string_view more = "") {
  return {name, help, MetricType::kGauge, "", Scope::kCluster, {"group", "member", more}, source};
}

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    OfReplica("replicawatch_redis_link_up",
              "1 if the replica's link to its master is up; left out while it can't be asked.",
              "INFO replication: master_link_status of the replica"),
    OfReplica("replicawatch_redis_sync_in_progress", "1 while the replica receives a full copy.",
              "INFO replication: master_sync_in_progress of the replica"),
    OfReplica("replicawatch_redis_replica_promotable",
              "1 if the replica could be promoted now, by the rule of Sentinel or of the Cluster.",
              "INFO of the replica; SENTINEL SLAVES; CLUSTER NODES"),
    OfReplica("replicawatch_redis_replica_barred",
              "Why the replica would not be promoted now, as a state set of reasons.",
              "INFO of the replica: slave_priority, master_link_down_since_seconds, "
              "master_sync_in_progress, loading; SENTINEL SLAVES: flags, last-ok-ping-reply; "
              "CLUSTER NODES: nofailover",
              "reason"),
}};

}  // namespace

MetricTable ReplicationMetrics() { return kTable; }

void EmitReplication(const View& view, SampleSink& sink) {
  const auto add = [&](Index index, std::optional<bool> value, const ReplicaView& replica) {
    if (value) sink.Add(kTable[index], *value, {replica.group, replica.member});
  };
  for (const ReplicaView& replica : view.replicas) {
    add(kLinkUp, replica.link_up, replica);
    add(kSync, replica.sync_in_progress, replica);
    add(kPromotable, replica.bars.empty(), replica);
    for (const std::string_view bar : kBars) {
      const bool holds =
          std::find(replica.bars.begin(), replica.bars.end(), bar) != replica.bars.end();
      sink.Add(kTable[kBarred], holds, {replica.group, replica.member, bar});
    }
  }
}

}  // namespace replicawatch::redis
