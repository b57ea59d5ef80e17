#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/app/collector_choice.h"
#include "common/net/http_client.h"
#include "exporters/minio/bucket_settings.h"
#include "exporters/minio/parse/endpoint.h"

namespace replicawatch::minio {

/// How the nodes of a deployment are asked.
struct NodeSettings {
  std::optional<S3Key> key;  ///< none: only what health answers tell
  std::string ca_file;       ///< empty: the system's
};

/// Test writes and reads through each node.
struct CanarySettings {
  std::string bucket;
  std::string prefix;  ///< of all keys; no other exporter may use it
  Duration interval = std::chrono::seconds(30);
  bool redundancy = false;  ///< also looks how many shards of its objects there are
};

/// How /probe asks single nodes.
struct ProbeSettings {
  NodeSettings nodes;
  bool tls = false;           ///< whatever the target says
  bool relay_native = false;  ///< with MinIO's own metrics of the node
};

/// One deployment to watch.
struct WatchOptions {
  std::string name;               ///< of the cluster; empty: the first seed's host:port
  std::string settings_digest{};  ///< of all below, see Exporter::Start()
  std::vector<NodeAddress> seeds;
  NodeSettings nodes{};
  bool relay_native = false;               ///< asks for the nodes' own metrics
  std::optional<CanarySettings> canary{};  ///< none: nothing is ever written; wants a key
  BucketSettings buckets{};
  CollectorChoice collectors{};
};

}  // namespace replicawatch::minio
