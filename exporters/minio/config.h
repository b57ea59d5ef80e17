#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/yaml.h"
#include "common/scrape/probe_access.h"
#include "exporters/minio/settings.h"

namespace replicawatch::minio {

using Module = ProbeModule<ProbeSettings>;

/// The file of --config.file.
struct MinioConfig {
  std::vector<WatchOptions> clusters;
  std::map<std::string, Module> modules;
  std::string modules_digest;
};

/// Reads the file's document and the secrets that it names, by file or environment variable. An
/// error says where; no secret is in it.
Result<MinioConfig> ReadConfig(const YamlValue& document);

/// A key with both of its halves, or none when it has neither. One half alone is an error.
Result<std::optional<S3Key>> CompleteKey(S3Key key);

/// Fills in the prefix, from the host's name; fails when it can't be used.
Result<void> CompleteCanary(CanarySettings& canary);

/// Fails when the file of authorities can't be read.
Result<void> CheckCaFile(const std::string& path);

}  // namespace replicawatch::minio
