#include "exporters/redis/collectors/table.h"

#include <array>

namespace replicawatch::redis {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 13> table = {{
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
      {{"clients", "each node's client connections, at most 200, a dozen series each", false},
       ClientMetrics(),
       EmitClients},
      {{"modules", "each node's modules and what they tell in INFO", false},
       ModuleMetrics(),
       EmitModules},
      {{"search", "the indexes of each node's search module, at most 100", false},
       SearchMetrics(),
       EmitSearch},
      {{"config", "all settings of each node but those that may be secret", false},
       ConfigMetrics(),
       EmitConfig},
      {{"rdb", "the size of the RDB file of each node that runs on this machine", false},
       DumpMetrics(),
       EmitDump},
      {{"keys", "the keys, key groups, streams and scripts that flags or the file name", true},
       SurveyMetrics(),
       EmitSurvey},
  }};
  return table;
}

}  // namespace replicawatch::redis
