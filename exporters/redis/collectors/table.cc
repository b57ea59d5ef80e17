#include "exporters/redis/collectors/table.h"

#include <array>

namespace replicawatch::redis {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 7> table = {{
      DeploymentCollector<View>(),
      {{"replication", "failovers, and the replicas: links, syncs, who could be promoted", true},
       ReplicationMetrics(),
       EmitReplication},
      {{"node", "each node by itself, under the names of redis_exporter", true},
       NodeMetrics(),
       EmitNode},
      {{"latency", "latencies of each node's commands, under the names of redis_exporter", false},
       LatencyMetrics(),
       EmitLatency},
      {{"heartbeat",
        "the true delay of each replica, by a message that the master publishes every 0.5 s",
        false},
       HeartbeatMetrics(),
       EmitHeartbeat},
      {{"sentinel", "what every Sentinel says of each group", true},
       SentinelMetrics(),
       EmitSentinel},
      {{"cluster", "slots, shards and masters of a Cluster", true}, ClusterMetrics(), EmitCluster},
  }};
  return table;
}

}  // namespace replicawatch::redis
