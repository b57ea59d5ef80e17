#include "exporters/minio/collectors/table.h"

#include <array>

namespace replicawatch::minio {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 6> table = {{
      DeploymentCollector<View>(),
      {{"erasure", "drives, quorums and space of the erasure sets", true},
       ErasureMetrics(),
       EmitErasure},
      {{"drives", "each drive: state, space, errors", true}, DriveMetrics(), EmitDrives},
      {{"healing", "each drive that is or was rebuilt", true}, HealingMetrics(), EmitHealing},
      {{"cluster", "what is counted over the whole deployment, and what it needs", true},
       ClusterMetrics(),
       EmitCluster},
      {{"node", "what each node says of itself", true}, NodeMetrics(), EmitNodes},
  }};
  return table;
}

}  // namespace replicawatch::minio
