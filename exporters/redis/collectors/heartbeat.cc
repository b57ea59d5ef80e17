// How long a message takes from the master to each replica.

#include <array>

#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kDelay, kAge, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_redis_heartbeat_delay_seconds",
     "How long the last heartbeat took from the master through the replication stream to the "
     "replica.",
     MetricType::kGauge,
     "seconds",
     Scope::kCluster,
     {"group", "member"},
     "PUBLISH on the master, SUBSCRIBE on the replica"},
    {"replicawatch_redis_heartbeat_age_seconds",
     "How long ago the last heartbeat came to the replica; one is sent every 0.5 s.",
     MetricType::kGauge,
     "seconds",
     Scope::kCluster,
     {"group", "member"},
     "SUBSCRIBE on the replica"},
}};

}  // namespace

MetricTable HeartbeatMetrics() { return kTable; }

void EmitHeartbeat(const View& view, SampleSink& sink) {
  for (const HeartbeatView& beat : view.heartbeats) {
    sink.Add(kTable[kDelay], beat.delay_seconds, {beat.group, beat.member});
    sink.Add(kTable[kAge], beat.age_seconds, {beat.group, beat.member});
  }
}

}  // namespace replicawatch::redis
