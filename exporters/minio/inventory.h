#pragma once

#include <string>
#include <vector>

#include "exporters/minio/parse/storage_info.h"

namespace replicawatch::minio {

/// The drives that the deployment consists of: the last good storageinfo, completed by what was
/// known before it. A value.
struct Inventory {
  std::vector<Drive> drives;  ///< with their place, sorted by it, then by endpoint
  std::vector<PoolLayout> pools;

  /// The nodes that own drives, each once, sorted by name.
  std::vector<NodeAddress> Nodes() const;
};

/// Takes over a new answer without losing what is away: a drive whose place the node that answered
/// does not know (-1, as for an unformatted one) keeps its last one, and a set that misses drives
/// gets those back, as offline, that it had before. `self` names the node of drives without a host.
/// Pure.
Inventory MergeInventory(const Inventory* before, StorageInfo fresh, const NodeAddress& self);

}  // namespace replicawatch::minio
