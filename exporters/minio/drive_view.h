#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "exporters/minio/inventory.h"
#include "exporters/minio/view.h"

namespace replicawatch::minio {

/// How many drives share a device, by host and device.
using Sharers = std::map<std::pair<std::string_view, std::string_view>, int>;

/// Refers to the inventory.
Sharers CountSharers(const Inventory& inventory);

/// Adds one drive to what its set can store; `data` is the pool's. Pure.
void AddCapacity(const KnownDrive& drive, const Sharers& sharers, int data, SetView& set);

/// `state` is the drive's as seen from outside. Pure.
DriveView MakeDrive(const KnownDrive& drive, DriveState state, std::string group,
                    double now_unix_seconds);

}  // namespace replicawatch::minio
