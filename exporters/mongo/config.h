#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/app/collector_choice.h"
#include "common/config/yaml.h"
#include "common/scrape/probe_access.h"
#include "exporters/mongo/pool.h"
#include "exporters/mongo/settings.h"

namespace replicawatch::mongo {

/// A set to watch.
struct ClusterConfig {
  std::string name;  ///< empty: the set's own
  Settings settings;
  std::string settings_digest = {};  ///< of all here, see Exporter::Start()
  CollectorChoice collectors = {};
};

/// How /probe asks a node.
struct ProbeSettings {
  Settings settings;
  std::shared_ptr<Pool> pool;  ///< of the set that it belongs to; null: it gets one of its own
  Topics topics = {};          ///< what it is asked; that of the collector node is among it
};

using Module = ProbeModule<ProbeSettings>;

/// The file of --config.file.
struct MongoConfig {
  std::vector<ClusterConfig> clusters;
  std::map<std::string, Module> modules;
  std::string modules_digest;
};

/// Reads the file's document and the secrets that it names, by file or environment variable. An
/// error says where; no secret is in it.
Result<MongoConfig> ReadConfig(const YamlValue& document);

}  // namespace replicawatch::mongo
