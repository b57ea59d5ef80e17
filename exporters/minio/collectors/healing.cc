#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kActive,
  kStarted,
  kMoved,
  kStalled,
  kExpected,
  kDone,
  kFailed,
  kSkipped,
  kHealed,
  kFailedObjects,
  kRetries,
  kLeft,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_drive_healing",
     "1 while the drive is rebuilt, 0 after it; absent where none was seen.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.finished"},
    {"replicawatch_minio_drive_healing_start_timestamp_seconds",
     "When the rebuilding began, in seconds since 1970.",
     kGauge,
     "seconds",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.started"},
    {"replicawatch_minio_drive_healing_last_movement_timestamp_seconds",
     "When the rebuilding last moved, in seconds since 1970.",
     kGauge,
     "seconds",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.last_update"},
    {"replicawatch_minio_drive_healing_stalled",
     "1 if the rebuilding has not moved for five minutes.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.last_update"},
    {"replicawatch_minio_drive_healing_expected_bytes",
     "What the scanner expects the rebuilding to come to; absent on a young deployment.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.objects_total_size"},
    {"replicawatch_minio_drive_healing_done_bytes",
     "What this rebuilding has written.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.bytes_done"},
    {"replicawatch_minio_drive_healing_failed_bytes",
     "What this rebuilding could not write.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.bytes_failed"},
    {"replicawatch_minio_drive_healing_skipped_bytes",
     "What this rebuilding left out as not needed.",
     kGauge,
     "bytes",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.bytes_skipped"},
    {"replicawatch_minio_drive_healing_healed_objects",
     "Objects that this rebuilding has written, the server's own among them.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.items_healed"},
    {"replicawatch_minio_drive_healing_failed_objects",
     "Objects that this rebuilding could not write.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.items_failed"},
    {"replicawatch_minio_drive_healing_retries",
     "How often this rebuilding was begun again.",
     kGauge,
     "",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.retry_attempts"},
    {"replicawatch_minio_drive_healing_remaining_seconds",
     "When the rebuilding will be done at the pace of the last five minutes.",
     kGauge,
     "seconds",
     Scope::kNode,
     {"drive"},
     "admin storageinfo: Disks.heal_info.objects_total_size, bytes_done, bytes_skipped"},
}};

}  // namespace

MetricTable HealingMetrics() { return kTable; }

void EmitHealing(const View& view, SampleSink& sink) {
  for (const DriveView& drive : view.drives) {
    if (!drive.healing) continue;
    const Healing& healing = *drive.healing;
    const auto add = [&](Index index, std::optional<double> value) {
      sink.Add(kTable[index], value, {drive.drive});
    };
    sink.EnterMember(drive.member);
    add(kActive, healing.finished ? 0 : 1);
    add(kStarted, healing.started_unix_seconds);
    add(kMoved, healing.last_update_unix_seconds);
    if (drive.healing_stalled) add(kStalled, *drive.healing_stalled ? 1 : 0);
    add(kExpected, healing.expected_bytes);
    add(kDone, healing.done_bytes);
    add(kFailed, healing.failed_bytes);
    add(kSkipped, healing.skipped_bytes);
    add(kHealed, healing.healed_objects);
    add(kFailedObjects, healing.failed_objects);
    add(kRetries, healing.retries);
    add(kLeft, drive.healing_left_seconds);
  }
}

}  // namespace replicawatch::minio
