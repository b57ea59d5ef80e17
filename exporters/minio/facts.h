#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "exporters/minio/parse/health.h"
#include "exporters/minio/parse/realtime_metrics.h"
#include "exporters/minio/parse/server_info.h"

namespace replicawatch::minio {

/// The node's own verdicts, younger than the last change of any node's state.
struct Verdicts {
  std::optional<bool> ready;
  std::optional<bool> write_quorum;    ///< each erasure set has it, as the node sees the others
  std::optional<bool> read_quorum;     ///< likewise
  std::optional<bool> may_be_stopped;  ///< writes would go on without this node
};

/// What an aggregate answer of the admin API has told of the node last, whichever node was asked.
struct ToldOfNode {
  std::string version;
  std::string commit;
  std::optional<double> start_unix_seconds;
  std::optional<size_t> settings;  ///< digest of its settings
  /// Its connections to the others; null when the last answer did not tell of it. Shared with the
  /// views: they grow with the square of the nodes.
  std::shared_ptr<const PeerConnections> connections;
};

/// What the admin API has told of the deployment as a whole; the last good answers.
struct ClusterFacts {
  std::optional<double> buckets;
  std::optional<double> objects;
  std::optional<double> usage_bytes;
  std::vector<ExternalTarget> targets;
  std::optional<double> scan_end_unix_seconds;
};

/// What asking one node directly has brought: the last answer of each kind. What is not known is
/// absent.
struct NodeFacts {
  std::string name;          ///< host:port
  bool answered = false;     ///< the last liveness probe was answered
  bool initialized = false;  ///< and its object layer is up
  std::optional<Error> probe_error;
  std::optional<Error> admin_error;  ///< it refused the exporter's key, or answered nonsense
  double probe_seconds = 0;
  std::optional<double> clock_skew_seconds;
  /// When the first certificate of its chain ends, as it showed it last, trusted or not.
  std::optional<int64_t> certificate_end_unix;
  std::string identity;  ///< of another node that answered in its place, see NodeIdentity()
  Verdicts verdicts;
  std::optional<RequestPool> request_pool;
  ToldOfNode told;
};

}  // namespace replicawatch::minio
