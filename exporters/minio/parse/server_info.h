#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

/// One element of `servers`. Of a server that did not answer the one asked only the name is there.
struct ServerEntry {
  std::string node;  ///< endpoint, host:port
  std::string version;
  std::string commit;                    ///< commitID
  std::optional<double> uptime_seconds;  ///< since its start
  /// Digest of the settings in its environment, `minio_env_vars`, less those that differ by nature.
  /// The values themselves are not kept: the server masks only some of the secret ones.
  std::optional<size_t> settings;
};

/// Something outside that the deployment needs or reports to: one element of `services`.
struct ExternalTarget {
  std::string kind;  ///< kms, ldap, logger, audit, notification
  std::string name;
  bool online = false;
};

/// The answer to GET /minio/admin/v3/info. What it says of states is not read: with two nodes hung
/// it calls healthy ones offline, as its own pings overrun its own limit.
struct ServerInfo {
  std::vector<ServerEntry> servers;
  std::vector<ExternalTarget> targets;
  std::optional<double> buckets;
  std::optional<double> objects;      ///< as the scanner counted them last
  std::optional<double> usage_bytes;  ///< likewise
};

Result<ServerInfo> ParseServerInfo(std::string_view body, size_t max_servers = 1'000);

}  // namespace replicawatch::minio
