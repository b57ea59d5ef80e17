#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kState,
  kSeen,
  kTotal,
  kUsed,
  kFree,
  kUsedInodes,
  kFreeInodes,
  kErrors,
  kWaiting,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_drive_state",
     "The drive's state as a state set; that of a node that does not answer is offline.",
     kGauge,
     "",
     Scope::kNode,
     {"group", "drive", "state"},
     "admin storageinfo: Disks.state and healing, with the nodes' own answers"},
    {"replicawatch_minio_drive_seen_timestamp_seconds",
     "When the drive was last reached, in seconds since 1970; its sizes are of that time.",
     kGauge,
     "seconds",
     Scope::kNode,
     {"drive"},
     "time of the last admin storageinfo with its sizes"},
    {"replicawatch_minio_drive_total_bytes",
     "Size of the drive.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.totalspace"},
    {"replicawatch_minio_drive_used_bytes",
     "Space of the drive that is taken, by whomever.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.usedspace"},
    {"replicawatch_minio_drive_free_bytes",
     "Space of the drive that is left for writes.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.availspace"},
    {"replicawatch_minio_drive_used_inodes",
     "Inodes of the drive that are taken.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.used_inodes"},
    {"replicawatch_minio_drive_free_inodes",
     "Inodes of the drive that are left.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.free_inodes"},
    {"replicawatch_minio_drive_errors_total",
     "Calls to the drive that failed since the node's start: it was not there, or took too long.",
     MetricType::kCounter,
     "",
     Scope::kNode,
     {"drive", "kind"},
     "admin storageinfo: Disks.metrics.totalErrorsAvailability, totalErrorsTimeout"},
    {"replicawatch_minio_drive_waiting_calls",
     "Calls to the drive that wait now.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.metrics.totalWaiting"},
}};

void EmitUsage(const DriveUsage& usage, const std::string& drive, SampleSink& sink) {
  sink.Add(kTable[kTotal], usage.total_bytes, {drive});
  sink.Add(kTable[kUsed], usage.used_bytes, {drive});
  sink.Add(kTable[kFree], usage.free_bytes, {drive});
  sink.Add(kTable[kUsedInodes], usage.used_inodes, {drive});
  sink.Add(kTable[kFreeInodes], usage.free_inodes, {drive});
}

}  // namespace

MetricTable DriveMetrics() { return kTable; }

void EmitDrives(const View& view, SampleSink& sink) {
  for (const DriveView& drive : view.drives) {
    sink.EnterMember(drive.member);
    for (size_t i = 0; i < kDriveStates; ++i) {
      sink.Add(kTable[kState], static_cast<size_t>(drive.state) == i,
               {drive.group, drive.drive, kDriveStateNames[i]});
    }
    sink.Add(kTable[kSeen], drive.seen_unix_seconds, {drive.drive});
    if (drive.usage) EmitUsage(*drive.usage, drive.drive, sink);
    if (!drive.errors) continue;
    sink.Add(kTable[kErrors], drive.errors->unavailable, {drive.drive, "availability"});
    sink.Add(kTable[kErrors], drive.errors->timeout, {drive.drive, "timeout"});
    sink.Add(kTable[kWaiting], drive.errors->waiting, {drive.drive});
  }
}

}  // namespace replicawatch::minio
