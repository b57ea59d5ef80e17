#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

/// The headers of an answer, in order, names as the server wrote them.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header of this name, in whatever case; null when there is none.
const std::string* FindHeader(const Headers& headers, std::string_view name);

/// The answer to GET /minio/health/live.
struct Liveness {
  /// The object layer is up. A node that waits for its peers answers 200 as well: only the header
  /// X-Minio-Server-Status tells (seen with the release of February 2026).
  bool initialized = false;
  /// The node's clock: X-Amz-Request-Id is the time of the request, in hexadecimal nanoseconds.
  std::optional<int64_t> clock_unix_ns;
  /// X-Amz-Id-2: which node it was, as NodeIdentity() of its name; another one than was asked when
  /// something between passes requests on.
  std::string identity;
};

/// What a node of this name calls itself in its answers: the SHA-256 of host:port.
std::string NodeIdentity(const std::string& name);

/// kProtocol when it is no MinIO that answered: its answers, errors included, carry
/// X-Amz-Request-Id.
Result<Liveness> ParseLiveness(int status, const Headers& headers);

/// The answer to GET /minio/health/cluster or /minio/health/cluster/read: true for 200 (each
/// erasure set has its quorum of drives, as this node sees it), false for 503.
Result<bool> ParseClusterHealth(int status, const Headers& headers);

/// The answer to GET /minio/health/cluster?maintenance=true: whether each erasure set would still
/// take writes without this node's drives. False as well while a drive heals.
Result<bool> ParseMaintenance(int status, const Headers& headers);

/// The answer to GET /minio/health/ready: false when the queue of requests is over its capacity,
/// or KMS or etcd, if configured, can't be reached.
Result<bool> ParseReady(int status, const Headers& headers);

/// How many S3 requests the node takes at once, and how many more it would now: X-Ratelimit-Limit
/// and X-Ratelimit-Remaining of any answer of the S3 API, refusals included.
struct RequestPool {
  double limit = 0;
  double remaining = 0;
};
std::optional<RequestPool> ParseRequestPool(const Headers& headers);

}  // namespace replicawatch::minio
