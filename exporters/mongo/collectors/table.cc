#include "exporters/mongo/collectors/table.h"

#include <array>

namespace replicawatch::mongo {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 2> table = {{
      DeploymentCollector<View>(),
      {{"replication", "state, rollbacks and oplog of the members", true},
       ReplicationMetrics(),
       EmitReplication},
  }};
  return table;
}

}  // namespace replicawatch::mongo
