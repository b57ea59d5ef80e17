#include "exporters/redis/collectors/table.h"

#include <array>

namespace replicawatch::redis {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 3> table = {{
      DeploymentCollector<View>(),
      {{"replication", "links and full syncs of the replicas", true},
       ReplicationMetrics(),
       EmitReplication},
      {{"node", "each node by itself, under the names of redis_exporter", true},
       NodeMetrics(),
       EmitNode},
  }};
  return table;
}

}  // namespace replicawatch::redis
