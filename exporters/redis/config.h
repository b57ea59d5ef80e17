#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/yaml.h"
#include "common/scrape/probe_access.h"
#include "exporters/redis/watcher.h"

namespace replicawatch::redis {

using Module = ProbeModule<NodeSettings>;

/// A cluster before its TLS settings have become a client.
struct ClusterSettings {
  WatchOptions watch;
  TlsOptions tls;
};

/// The file of --config.file.
struct RedisConfig {
  std::vector<WatchOptions> clusters;  ///< complete
  std::map<std::string, Module> modules;
  std::string modules_digest;
};

/// Reads the file's document and the secrets that it names, by file or environment variable. An
/// error says where; no secret is in it.
Result<RedisConfig> ReadConfig(const YamlValue& document);

/// Adds a seed, and the login and the TLS that its URI may ask for.
Result<void> AddSeed(const std::string& text, ClusterSettings& cluster);

/// A password file may be redis_exporter's: a JSON object of the URIs of servers and their
/// passwords. Then the seed's entry is put in the place of `password`, and the user that its URI
/// may have into `user` unless there is one; any other text is the password itself.
Result<void> ChoosePassword(const std::string& seed, Secret& password, std::string& user);

/// Reads the files that the settings name; says which is bad.
Result<void> CompleteTls(const TlsOptions& options, NodeSettings& nodes);

}  // namespace replicawatch::redis
