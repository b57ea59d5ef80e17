#include <array>

#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

constexpr MetricDesc kLinkUp = {
    "replicawatch_redis_link_up",
    "1 if the replica's link to its master is up; left out while it can't be asked.",
    MetricType::kGauge,
    "",
    Scope::kCluster,
    {"group", "member"},
    "INFO replication: master_link_status of the replica"};
constexpr MetricDesc kSyncInProgress = {"replicawatch_redis_sync_in_progress",
                                        "1 while the replica receives a full copy.",
                                        MetricType::kGauge,
                                        "",
                                        Scope::kCluster,
                                        {"group", "member"},
                                        "INFO replication: master_sync_in_progress of the replica"};
constexpr std::array<MetricDesc, 2> kTable = {kLinkUp, kSyncInProgress};

}  // namespace

MetricTable ReplicationMetrics() { return kTable; }

void EmitReplication(const View& view, SampleSink& sink) {
  for (const ReplicaView& replica : view.replicas) {
    sink.Add(kTable[0], replica.link_up, {replica.group, replica.member});
    sink.Add(kTable[1], replica.sync_in_progress, {replica.group, replica.member});
  }
}

}  // namespace replicawatch::redis
