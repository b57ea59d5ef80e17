#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/secret.h"
#include "common/config/target_pattern.h"
#include "common/config/yaml.h"

namespace replicawatch {

// Readers of the values that the configuration files of all exporters have.

/// true or false.
YamlValue::Read Into(bool& flag);
/// The same, where something else counts when the key is not there.
YamlValue::Read Into(std::optional<bool>& flag);
/// A whole number from 1 to `most`.
YamlValue::Read IntoCount(size_t& count, size_t most);
/// A duration as in 1m30s.
YamlValue::Read Into(Duration& duration);
/// The path of a file that has the secret.
YamlValue::Read IntoSecretOfFile(Secret& secret);
/// The name of an environment variable that has it.
YamlValue::Read IntoSecretOfEnvironment(Secret& secret);
/// As Into(), but there has to be one.
YamlValue::Read IntoSome(std::vector<std::string>& texts);
/// The list `allow` of a module, which can't be empty.
YamlValue::Read Into(std::vector<TargetPattern>& patterns);

/// What is read again.
enum class Reread {
  kAll,      ///< the configuration file and the files that it names
  kSecrets,  ///< the files that it names; the file itself counts as it was read last
};

/// The file of --config.file.
struct ConfigFile {
  std::string path;  ///< empty: there is none
  std::string text;  ///< as it was when it was good last

  /// The configuration that it holds, an empty one without a file. A bad file leaves `text` as it
  /// is.
  template <class Config>
  Result<Config> Load(Reread what, Result<Config> (*read)(const YamlValue&)) {
    if (path.empty()) return Config();
    Result<std::string> fresh = what == Reread::kAll ? YamlValue::TextOf(path) : text;
    if (!fresh) return tl::unexpected(fresh.error());
    const Result<YamlValue> document = YamlValue::Parse(*fresh, path);
    if (!document) return tl::unexpected(document.error());
    Result<Config> config = read(*document);
    if (config) text = std::move(*fresh);
    return config;
  }
};

// What keys are, that all exporters have.
constexpr std::string_view kClustersHelp = "deployments to watch, beside the one of the flags";
constexpr std::string_view kModulesHelp = "logins for /probe, by the name in its ?module=";
constexpr std::string_view kCollectorsHelp =
    "collectors that are on or off for this cluster, whatever the flags say";
constexpr std::string_view kAllowHelp =
    "targets that may be asked with this login: host:port, with * in the host, networks, and "
    "ranges of ports";

/// The list `clusters`. Cluster has a member `name`, which two of them can't share, and
/// `settings_digest`, of all that stands there.
template <class Cluster>
YamlValue::Read IntoClusters(std::vector<Cluster>& clusters,
                             Result<Cluster> (*read)(const YamlValue&)) {
  const YamlValue::Read read_one = [&clusters, read](const YamlValue& value) -> Result<void> {
    Result<Cluster> cluster = read(value);
    if (!cluster) return tl::unexpected(cluster.error());
    for (const Cluster& other : clusters) {
      if (!cluster->name.empty() && other.name == cluster->name)
        return value.Fault("there is a cluster \"" + other.name + "\" already");
    }
    SettingsDigest digest;
    value.AddTo(digest);
    cluster->settings_digest = digest.Value();
    clusters.push_back(std::move(*cluster));
    return {};
  };
  return [read_one](const YamlValue& list) { return list.Elements(read_one); };
}

/// The mapping `modules`, and the digest of all that stands there.
template <class Module>
YamlValue::Read IntoModules(std::map<std::string, Module>& modules, std::string& digest,
                            Result<Module> (*read)(const YamlValue&)) {
  const YamlValue::ReadNamed read_one = [&modules, read](const std::string& name,
                                                         const YamlValue& value) -> Result<void> {
    Result<Module> module = read(value);
    if (!module) return tl::unexpected(module.error());
    modules.emplace(name, std::move(*module));
    return {};
  };
  return [read_one, &digest](const YamlValue& mapping) {
    SettingsDigest whole;
    mapping.AddTo(whole);
    digest = whole.Value();
    return mapping.Entries(read_one);
  };
}

}  // namespace replicawatch
