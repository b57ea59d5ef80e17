#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::minio {

/// What one node says of its connections to the others, which are of a grid in which each has one
/// to each.
struct PeerConnections {
  std::map<std::string, bool> peers;  ///< by host:port: connected
  double reconnects = 0;              ///< since the node's start
  std::optional<double> ping_seconds;
};

/// The answer to GET /minio/admin/v3/metrics with types=257: the scanner and the connections
/// between nodes.
struct RealtimeMetrics {
  std::map<std::string, PeerConnections> nodes;  ///< by host:port; only those that answered
  /// When the scanner last came to the end of all objects.
  std::optional<double> scan_end_unix_seconds;
};

Result<RealtimeMetrics> ParseRealtimeMetrics(std::string_view body, size_t max_nodes = 1'000);

}  // namespace replicawatch::minio
