#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::minio {

/// Where a node listens.
struct NodeAddress {
  std::string name;  ///< host:port, as the deployment names it; IPv6 in brackets
  bool tls = false;

  std::string Url() const { return (tls ? "https://" : "http://") + name; }
  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
};

/// Reads --minio.url: [http[s]://]host[:port][/], by default http and the scheme's port. Neither
/// user, path nor query: credentials have their own settings.
Result<NodeAddress> ParseSeed(std::string_view url);

/// The node of a drive's endpoint, http[s]://host:port/path. A deployment of one node names its
/// drives by path alone: then the name is empty.
Result<NodeAddress> ParseDriveEndpoint(std::string_view endpoint);

}  // namespace replicawatch::minio
