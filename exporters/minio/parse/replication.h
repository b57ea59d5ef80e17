#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

/// What one target has not got, by its ARN.
struct TargetFailures {
  std::string arn;
  double objects = 0;  ///< failed within the last hour, over all nodes
  double bytes = 0;
};

/// The answer to GET /BUCKET?replication-metrics=2.
struct ReplicationMetrics {
  std::optional<double> queued_objects;  ///< over all nodes that the one asked reaches
  std::optional<double> queued_bytes;
  std::vector<TargetFailures> targets;
};
Result<ReplicationMetrics> ParseReplicationMetrics(std::string_view body);

/// One element of the answer to GET /minio/admin/v3/list-remote-targets.
struct RemoteTarget {
  std::string arn;
  std::string endpoint;                   ///< host:port
  std::string bucket;                     ///< there
  std::optional<bool> online;             ///< absent before the first check of its health
  std::optional<double> latency_seconds;  ///< absent before it was measured
};
Result<std::vector<RemoteTarget>> ParseRemoteTargets(std::string_view body,
                                                     size_t max_targets = 1'000);

}  // namespace replicawatch::minio
