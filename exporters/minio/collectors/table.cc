#include "exporters/minio/collectors/table.h"

#include <array>

namespace replicawatch::minio {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 9> table = {{
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
      {{"buckets", "the declared buckets", true}, BucketMetrics(), EmitBuckets},
      {{"canary", "test writes and reads through each node, where a bucket is given", true},
       CanaryMetrics(),
       EmitCanary},
      {{kNativeCollector, "MinIO's own metrics of each node and of the cluster", false},
       NativeMetrics(),
       EmitNative},
  }};
  return table;
}

bool HasCollector(CollectorSet chosen, std::string_view name) {
  const auto table = Collectors();
  for (size_t i = 0; i < table.size(); ++i) {
    if (table[i].info.name == name) return chosen.Has(i);
  }
  return false;
}

}  // namespace replicawatch::minio
