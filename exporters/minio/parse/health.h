#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

/// The headers of an answer, in order, names as the server wrote them.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The answer to GET /minio/health/live.
struct Liveness {
  /// The object layer is up. A node that waits for its peers answers 200 as well: only the header
  /// X-Minio-Server-Status tells (seen with the release of February 2026).
  bool initialized = false;
  /// The node's clock: X-Amz-Request-Id is the time of the request, in hexadecimal nanoseconds.
  std::optional<int64_t> clock_unix_ns;
};

/// kProtocol when it is no MinIO that answered: its answers, errors included, carry
/// X-Amz-Request-Id.
Result<Liveness> ParseLiveness(int status, const Headers& headers);

/// The answer to GET /minio/health/cluster or /minio/health/cluster/read: true for 200 (each
/// erasure set has its quorum of drives, as this node sees it), false for 503.
Result<bool> ParseClusterHealth(int status, const Headers& headers);

}  // namespace replicawatch::minio
