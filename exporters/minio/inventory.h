#pragma once

#include <string>
#include <vector>

#include "exporters/minio/parse/storage_info.h"

namespace replicawatch::minio {

/// A drive with its place.
struct KnownDrive : Drive {
  /// When it was last reached, which is as old as its sizes are.
  std::optional<double> seen_unix_seconds{};
  /// Of its rebuilding, over the last minutes.
  std::optional<double> healed_bytes_per_second{};
};

/// The drives that the deployment consists of: the last good storageinfo, completed by what was
/// known before it. A value.
struct Inventory {
  std::vector<KnownDrive> drives;  ///< sorted by place, then by endpoint
  std::vector<PoolLayout> pools;

  /// The nodes that own drives, each once, sorted by name.
  std::vector<NodeAddress> Nodes() const;
};

/// Takes over a new answer without losing what is away: a drive whose place the node that answered
/// does not know (-1, as for an unformatted one) keeps its last one, one that is not reached its
/// sizes and counters, and a set that misses drives gets those back, as offline, that it had
/// before. `self` names the node of drives without a host; `now` is the time of the answer. Pure.
Inventory MergeInventory(const Inventory* before, StorageInfo fresh, const NodeAddress& self,
                         double now_unix_seconds);

}  // namespace replicawatch::minio
