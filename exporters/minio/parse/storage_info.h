#pragma once

#include <cstdint>
#include <optional>
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

/// Disk.heal_info: how far the rebuilding of a drive is. Counters begin anew with each rebuilding.
struct Healing {
  std::optional<double> started_unix_seconds;
  std::optional<double> last_update_unix_seconds;
  /// What the scanner expects it to be; 0 or stale on a young deployment.
  std::optional<double> expected_bytes;
  double done_bytes = 0;
  double failed_bytes = 0;
  double skipped_bytes = 0;
  double healed_objects = 0;  ///< internal ones as well: more than users have stored
  double failed_objects = 0;
  double retries = 0;
  bool finished = false;
};

/// What is known only of a drive that the node reaches.
struct DriveUsage {
  double total_bytes = 0;
  double used_bytes = 0;
  double free_bytes = 0;  ///< that a write may take
  std::optional<double> used_inodes;
  std::optional<double> free_inodes;
  std::string device;  ///< major:minor; drives that share one share its space
};

/// Counters since the node's start; absent with the deployment's first answers.
struct DriveErrors {
  double unavailable = 0;  ///< metrics.totalErrorsAvailability
  double timeout = 0;      ///< metrics.totalErrorsTimeout
  double waiting = 0;      ///< metrics.totalWaiting: calls that wait now
};

struct Drive {
  std::string endpoint;  ///< the drive's name in the deployment; it never changes
  NodeAddress node;      ///< an empty name in a deployment of one node
  DriveState state = DriveState::kOther;
  int pool = -1;  ///< -1 while the drive's place is not known to the node that answered
  int set = -1;
  std::optional<DriveUsage> usage{};
  std::optional<DriveErrors> errors{};
  std::optional<Healing> healing{};

  /// The endpoint's path, as the node knows the drive.
  std::string_view path() const;
};

/// One pool: all its erasure sets are alike.
struct PoolLayout {
  int sets = 0;
  int drives_per_set = 0;
  int data = 0;          ///< data shards of the class STANDARD; the rest of the drives is parity
  int reduced_data = 0;  ///< the same of REDUCED_REDUNDANCY; 0: not known

  int read_quorum() const { return data; }
  int write_quorum() const { return WriteQuorum(data); }
  /// With as much parity as data one more is needed, so that two halves can't both write.
  int WriteQuorum(int data_shards) const {
    return data_shards + (data_shards == drives_per_set - data_shards ? 1 : 0);
  }
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
