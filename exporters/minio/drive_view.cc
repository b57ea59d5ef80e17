#include "exporters/minio/drive_view.h"

#include <algorithm>

namespace replicawatch::minio {
namespace {

/// MinIO heals on without a pause, so that minutes without one byte are a fault.
constexpr double kStalledAfter = 300;

std::pair<std::string_view, std::string_view> DeviceOf(const KnownDrive& drive) {
  const std::string_view name = drive.node.name;
  // Nodes that differ by their port alone are on one machine.
  return {name.substr(0, name.rfind(':')), drive.usage->device};
}

}  // namespace

Sharers CountSharers(const Inventory& inventory) {
  Sharers sharers;
  for (const KnownDrive& drive : inventory.drives) {
    if (drive.usage && !drive.usage->device.empty()) ++sharers[DeviceOf(drive)];
  }
  return sharers;
}

void AddCapacity(const KnownDrive& drive, const Sharers& sharers, int data, SetView& set) {
  if (!drive.usage) return;
  const auto found = sharers.find(DeviceOf(drive));
  const double share = found == sharers.end() ? 1 : found->second;
  const double total = drive.usage->total_bytes / share * data;
  const double free = drive.usage->free_bytes / share * data;
  const bool first = !set.capacity;
  CapacityView& capacity = first ? set.capacity.emplace() : *set.capacity;
  if (first || total < capacity.usable_bytes) capacity.usable_bytes = total;
  if (!first && free >= capacity.usable_free_bytes) return;
  capacity.usable_free_bytes = free;
  capacity.tightest_free_bytes = drive.usage->free_bytes;
  capacity.tightest_free_ratio = drive.usage->free_bytes / drive.usage->total_bytes;
  capacity.tightest_member = drive.node.name;
  capacity.tightest_drive = drive.path();
}

DriveView MakeDrive(const KnownDrive& drive, DriveState state, std::string group,
                    double now_unix_seconds) {
  DriveView view;
  view.group = std::move(group);
  view.member = drive.node.name;
  view.drive = drive.path();
  view.state = state;
  view.usage = drive.usage;
  view.errors = drive.errors;
  view.seen_unix_seconds = drive.seen_unix_seconds;
  view.healing = drive.healing;
  if (!drive.healing || drive.healing->finished) return view;
  view.healed_bytes_per_second = drive.healed_bytes_per_second;
  if (drive.healing->last_update_unix_seconds)
    view.healing_stalled =
        now_unix_seconds - *drive.healing->last_update_unix_seconds > kStalledAfter;
  if (!drive.healing->expected_bytes || drive.healed_bytes_per_second.value_or(0) <= 0) return view;
  const double left =
      *drive.healing->expected_bytes - drive.healing->done_bytes - drive.healing->skipped_bytes;
  view.healing_left_seconds = std::max(left, 0.0) / *drive.healed_bytes_per_second;
  return view;
}

}  // namespace replicawatch::minio
