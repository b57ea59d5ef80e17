#include "exporters/minio/collectors/table.h"

#include <array>

namespace replicawatch::minio {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 2> table = {{
      DeploymentCollector<View>(),
      {{"erasure", "drives and quorums of the erasure sets, and what each node says of itself",
        true},
       ErasureMetrics(),
       EmitErasure},
  }};
  return table;
}

}  // namespace replicawatch::minio
