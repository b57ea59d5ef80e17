#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kDrives,
  kWriteQuorum,
  kReadQuorum,
  kInventoryAge,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_drives",
     "Drives of the erasure set by state; all drives of a node that does not answer are offline.",
     kGauge,
     "",
     Scope::kCluster,
     {"group", "state"},
     "admin storageinfo: Disks.state and healing, with the nodes' own answers"},
    {"replicawatch_minio_write_quorum",
     "Drives that a write of the class STANDARD needs in this erasure set.",
     kGauge,
     "",
     Scope::kCluster,
     {"group"},
     "admin storageinfo: Backend.StandardSCData, DrivesPerSet"},
    {"replicawatch_minio_read_quorum",
     "Drives that a read of the class STANDARD needs in this erasure set.",
     kGauge,
     "",
     Scope::kCluster,
     {"group"},
     "admin storageinfo: Backend.StandardSCData"},
    {"replicawatch_minio_inventory_age_seconds",
     "How old the list of drives is: the last good one serves while the cluster gives none.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {},
     "time since the last good admin storageinfo"},
}};

}  // namespace

MetricTable ErasureMetrics() { return kTable; }

void EmitErasure(const View& view, SampleSink& sink) {
  for (const SetView& set : view.sets) {
    for (size_t i = 0; i < kDriveStates; ++i) {
      sink.Add(kTable[kDrives], set.drives[i], {set.group, kDriveStateNames[i]});
    }
    sink.Add(kTable[kWriteQuorum], set.write_quorum, {set.group});
    sink.Add(kTable[kReadQuorum], set.read_quorum, {set.group});
  }
  sink.Add(kTable[kInventoryAge], view.inventory_age_seconds);
}

}  // namespace replicawatch::minio
