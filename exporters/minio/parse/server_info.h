#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

/// One element of `servers`. A server that did not answer the one asked has no version.
struct ServerEntry {
  std::string node;     ///< endpoint, host:port
  std::string version;  ///< version and commitID
};

/// The answer to GET /minio/admin/v3/info. What it says of states is not read: with two nodes hung
/// it calls healthy ones offline, as its own pings overrun its own limit.
struct ServerInfo {
  std::vector<ServerEntry> servers;
};

Result<ServerInfo> ParseServerInfo(std::string_view body, size_t max_servers = 1'000);

}  // namespace replicawatch::minio
