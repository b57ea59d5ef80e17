#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/net/http_client.h"
#include "exporters/minio/parse/endpoint.h"

namespace replicawatch::minio {

/// How the nodes of a deployment are asked.
struct NodeSettings {
  std::optional<S3Key> key;  ///< none: only what health answers tell
  std::string ca_file;       ///< empty: the system's
};

/// One deployment to watch.
struct WatchOptions {
  std::string name;  ///< of the cluster; empty: the first seed's host:port
  std::vector<NodeAddress> seeds;
  NodeSettings nodes{};
};

}  // namespace replicawatch::minio
