#include "exporters/redis/collectors/table.h"

#include <array>

namespace replicawatch::redis {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 2> table = {{
      DeploymentCollector<View>(),
      {{"replication", "links and full syncs of the replicas", true},
       ReplicationMetrics(),
       EmitReplication},
  }};
  return table;
}

}  // namespace replicawatch::redis
