#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/target_pattern.h"
#include "common/config/yaml.h"
#include "exporters/redis/watcher.h"

namespace replicawatch::redis {

/// Whom /probe may ask, and with which credentials.
struct Module {
  NodeSettings nodes;
  std::vector<TargetPattern> allow;
};

/// The file of --config.file.
struct RedisConfig {
  std::vector<WatchOptions> clusters;
  std::map<std::string, Module> modules;
};

/// Reads the file's document and the secrets that it names, by file or environment variable. An
/// error says where; no secret is in it.
Result<RedisConfig> ReadConfig(const YamlValue& document);

/// Adds a seed, and the login that its URI may carry unless there is one already.
Result<void> AddSeed(const std::string& text, WatchOptions& cluster);

}  // namespace replicawatch::redis
