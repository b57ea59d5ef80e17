#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/minio/parse/endpoint.h"

namespace replicawatch::minio {

/// Disk.state, in which `ok` of a drive that is being rebuilt is kHealing.
enum class DriveState : uint8_t {
  kOk,
  kHealing,      ///< takes writes, but has not all objects yet: it does not count for reads
  kOffline,      ///< the node does not reach it, or nobody reaches the node
  kUnformatted,  ///< empty: a replaced or wiped drive before its healing
  kFaulty,       ///< faulty or corrupt
  kOther,        ///< missing, permission-denied, root-mount, unknown (free text)
};

struct Drive {
  std::string endpoint;  ///< the drive's name in the deployment; it never changes
  NodeAddress node;      ///< an empty name in a deployment of one node
  DriveState state = DriveState::kOther;
  int pool = -1;  ///< -1 while the drive's place is not known to the node that answered
  int set = -1;
};

/// One pool: all its erasure sets are alike.
struct PoolLayout {
  int sets = 0;
  int drives_per_set = 0;
  int data = 0;  ///< data shards of the class STANDARD; the rest of the drives is parity

  int parity() const { return drives_per_set - data; }
  int read_quorum() const { return data; }
  /// With as much parity as data one more is needed, so that two halves can't both write.
  int write_quorum() const { return data + (data == parity() ? 1 : 0); }
};

/// The answer to GET /minio/admin/v3/storageinfo.
struct StorageInfo {
  std::vector<Drive> drives;
  std::vector<PoolLayout> pools;
};

/// Lists may be null and fields absent; unknown ones are ignored. kParse for anything from which no
/// quorum could be told, kLimit for more than `max_drives`.
Result<StorageInfo> ParseStorageInfo(std::string_view body, size_t max_drives = 20'000);

}  // namespace replicawatch::minio
