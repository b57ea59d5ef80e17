#include "exporters/redis/collectors/table.h"

#include <array>

namespace replicawatch::redis {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 4> table = {{
      DeploymentCollector<View>(),
      {{"replication", "links and full syncs of the replicas, who could be promoted", true},
       ReplicationMetrics(),
       EmitReplication},
      {{"node", "each node by itself, under the names of redis_exporter", true},
       NodeMetrics(),
       EmitNode},
      {{"cluster", "slots, shards and masters of a Cluster", true}, ClusterMetrics(), EmitCluster},
  }};
  return table;
}

}  // namespace replicawatch::redis
