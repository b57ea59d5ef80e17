#include "exporters/minio/collectors/table.h"

#include <array>

namespace replicawatch::minio {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 3> table = {{
      DeploymentCollector<View>(),
      {{"erasure", "drives and quorums of the erasure sets", true}, ErasureMetrics(), EmitErasure},
      {{"node", "what each node says of itself", true}, NodeMetrics(), EmitNodes},
  }};
  return table;
}

}  // namespace replicawatch::minio
