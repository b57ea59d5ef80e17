#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kBuckets,
  kObjects,
  kUsage,
  kScanEnd,
  kTarget,
  kAnsweredBy,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_buckets",
     "Buckets of the deployment.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin info: buckets.count"},
    {"replicawatch_minio_objects",
     "Objects of the deployment, as the scanner counted them last.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin info: objects.count"},
    {"replicawatch_minio_usage_bytes",
     "Size of all objects of the deployment, as the scanner counted them last.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {},
     "admin info: usage.size"},
    {"replicawatch_minio_scan_end_timestamp_seconds",
     "When the scanner last came to the end of all objects, in seconds since 1970: how fresh the "
     "counts are.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {},
     "admin metrics: aggregated.scanner.cycle_complete_times"},
    {"replicawatch_minio_target_online",
     "1 if the deployment reaches what it needs or reports to: KMS, LDAP, targets of logs, audits "
     "and notifications.",
     kGauge,
     "",
     Scope::kCluster,
     {"kind", "target"},
     "admin info: services"},
    {"replicawatch_minio_address_answered_by",
     "1 for the node that answered last at an address that is not its own, as behind a load "
     "balancer; an empty member is none of the deployment.",
     kGauge,
     "",
     Scope::kCluster,
     {"address", "member"},
     "/minio/health/live: X-Amz-Id-2"},
}};

}  // namespace

MetricTable ClusterMetrics() { return kTable; }

void EmitCluster(const View& view, SampleSink& sink) {
  sink.Add(kTable[kBuckets], view.cluster.buckets);
  sink.Add(kTable[kObjects], view.cluster.objects);
  sink.Add(kTable[kUsage], view.cluster.usage_bytes);
  sink.Add(kTable[kScanEnd], view.cluster.scan_end_unix_seconds);
  for (const ExternalTarget& target : view.cluster.targets)
    sink.Add(kTable[kTarget], target.online, {target.kind, target.name});
  for (const RelayedView& relayed : view.relayed)
    sink.Add(kTable[kAnsweredBy], 1, {relayed.address, relayed.answered_by});
}

}  // namespace replicawatch::minio
