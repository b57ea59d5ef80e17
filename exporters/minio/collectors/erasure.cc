#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kDrives,
  kWriteQuorum,
  kReadQuorum,
  kTolerated,
  kUsable,
  kUsableFree,
  kTightestFree,
  kTightestRatio,
  kTightestInfo,
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
     "Drives that a write of the storage class needs in this erasure set.",
     kGauge,
     "",
     Scope::kCluster,
     {"group", "class"},
     "admin storageinfo: Backend.StandardSCData, RRSCData, DrivesPerSet"},
    {"replicawatch_minio_read_quorum",
     "Drives that a read of the storage class needs in this erasure set.",
     kGauge,
     "",
     Scope::kCluster,
     {"group", "class"},
     "admin storageinfo: Backend.StandardSCData, RRSCData"},
    {"replicawatch_minio_failures_tolerated",
     "Drives, or nodes, that may still be lost before the operation stops for the storage class; "
     "negative: already lost, by that many. A drive that heals takes writes and counts for no "
     "reads.",
     kGauge,
     "",
     Scope::kCluster,
     {"group", "class", "operation"},
     "admin storageinfo: Disks.state, Backend"},
    {"replicawatch_minio_usable_bytes",
     "What the erasure set can store of the class STANDARD. Drives that are away count with what "
     "they had.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {"group"},
     "admin storageinfo: Disks.totalspace, Backend.StandardSCData"},
    {"replicawatch_minio_usable_free_bytes",
     "What the erasure set can still take of the class STANDARD, as its fullest drive allows.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {"group"},
     "admin storageinfo: Disks.availspace, Backend.StandardSCData"},
    {"replicawatch_minio_tightest_drive_free_bytes",
     "Free space of the drive of the erasure set that fills first.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {"group"},
     "admin storageinfo: Disks.availspace"},
    {"replicawatch_minio_tightest_drive_free_ratio",
     "Free part of the drive of the erasure set that fills first.",
     kGauge,
     "ratio",
     Scope::kCluster,
     {"group"},
     "admin storageinfo: Disks.availspace, totalspace"},
    {"replicawatch_minio_tightest_drive_info",
     "Always 1; the labels say which drive of the erasure set fills first.",
     kGauge,
     "",
     Scope::kCluster,
     {"group", "member", "drive"},
     "admin storageinfo: Disks.availspace"},
    {"replicawatch_minio_inventory_age_seconds",
     "How old the list of drives is: the last good one serves while the cluster gives none.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {},
     "time since the last good admin storageinfo"},
}};

void EmitClass(const std::string& group, const ClassView& view, SampleSink& sink) {
  sink.Add(kTable[kWriteQuorum], view.write_quorum, {group, view.name});
  sink.Add(kTable[kReadQuorum], view.read_quorum, {group, view.name});
  for (const FailuresTolerated& tolerated : view.failures_tolerated)
    sink.Add(kTable[kTolerated], tolerated.count, {group, view.name, tolerated.operation});
}

void EmitCapacity(const std::string& group, const CapacityView& capacity, SampleSink& sink) {
  sink.Add(kTable[kUsable], capacity.usable_bytes, {group});
  sink.Add(kTable[kUsableFree], capacity.usable_free_bytes, {group});
  sink.Add(kTable[kTightestFree], capacity.tightest_free_bytes, {group});
  sink.Add(kTable[kTightestRatio], capacity.tightest_free_ratio, {group});
  sink.Add(kTable[kTightestInfo], 1, {group, capacity.tightest_member, capacity.tightest_drive});
}

}  // namespace

MetricTable ErasureMetrics() { return kTable; }

void EmitErasure(const View& view, SampleSink& sink) {
  for (const SetView& set : view.sets) {
    for (size_t i = 0; i < kDriveStates; ++i) {
      sink.Add(kTable[kDrives], set.drives[i], {set.group, kDriveStateNames[i]});
    }
    for (const ClassView& of_class : set.classes) EmitClass(set.group, of_class, sink);
    if (set.capacity) EmitCapacity(set.group, *set.capacity, sink);
  }
  sink.Add(kTable[kInventoryAge], view.inventory_age_seconds);
}

}  // namespace replicawatch::minio
