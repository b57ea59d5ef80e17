#pragma once

#include <optional>
#include <string>

#include "common/base/error.h"

namespace replicawatch::minio {

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
  /// Its own verdict on the whole cluster, younger than the last change of any node's state.
  std::optional<bool> sees_write_quorum;
  std::optional<bool> sees_read_quorum;
  std::string version;  ///< empty: not known
};

}  // namespace replicawatch::minio
