#include "exporters/redis/config.h"

#include <cstdlib>

#include "exporters/redis/parse/seed.h"

namespace replicawatch::redis {
namespace {

YamlValue::Read IntoSecretOfFile(Secret& secret) {
  return [&secret](const YamlValue& value) -> Result<void> {
    const Result<std::string> path = value.Text();
    if (!path) return tl::unexpected(path.error());
    Result<Secret> read = ReadSecretFile(*path);
    if (!read) return value.Fault(read.error().message);
    secret = std::move(*read);
    return {};
  };
}

YamlValue::Read IntoSecretOfEnvironment(Secret& secret) {
  return [&secret](const YamlValue& value) -> Result<void> {
    const Result<std::string> name = value.Text();
    if (!name) return tl::unexpected(name.error());
    const char* text = std::getenv(name->c_str());
    if (text == nullptr) return value.Fault("the environment has no variable " + *name);
    secret = Secret(text);
    return {};
  };
}

/// Sentinels without a user of their own take that of the data nodes.
void CompleteLogins(NodeSettings& nodes) {
  if (nodes.sentinel_login.user.empty()) nodes.sentinel_login.user = nodes.data_login.user;
}

Result<WatchOptions> ReadCluster(const YamlValue& value) {
  WatchOptions cluster;
  std::vector<std::string> seeds;
  Login& data = cluster.nodes.data_login;
  Login& sentinel = cluster.nodes.sentinel_login;
  const Result<void> read = value.Keys({
      {"name", Into(cluster.name)},
      {"seeds", Into(seeds)},
      {"user", Into(data.user)},
      {"password_file", IntoSecretOfFile(data.password)},
      {"password_env", IntoSecretOfEnvironment(data.password)},
      {"sentinel_user", Into(sentinel.user)},
      {"sentinel_password_file", IntoSecretOfFile(sentinel.password)},
      {"sentinel_password_env", IntoSecretOfEnvironment(sentinel.password)},
  });
  if (!read) return tl::unexpected(read.error());
  if (seeds.empty()) return value.Fault("a cluster needs \"seeds\": the address of any member");
  for (const std::string& seed : seeds) {
    if (const Result<void> added = AddSeed(seed, cluster); !added)
      return value.Fault("seeds: " + added.error().message);
  }
  CompleteLogins(cluster.nodes);
  return cluster;
}

Result<Module> ReadModule(const YamlValue& value) {
  Module module;
  Login& data = module.nodes.data_login;
  Login& sentinel = module.nodes.sentinel_login;
  const YamlValue::Read allow = [&module](const YamlValue& element) -> Result<void> {
    const Result<std::string> text = element.Text();
    if (!text) return tl::unexpected(text.error());
    Result<TargetPattern> pattern = TargetPattern::Parse(*text);
    if (!pattern) return element.Fault(pattern.error().message);
    module.allow.push_back(std::move(*pattern));
    return {};
  };
  const Result<void> read = value.Keys({
      {"allow", [&](const YamlValue& list) { return list.Elements(allow); }},
      {"user", Into(data.user)},
      {"password_file", IntoSecretOfFile(data.password)},
      {"password_env", IntoSecretOfEnvironment(data.password)},
      {"sentinel_user", Into(sentinel.user)},
      {"sentinel_password_file", IntoSecretOfFile(sentinel.password)},
      {"sentinel_password_env", IntoSecretOfEnvironment(sentinel.password)},
  });
  if (!read) return tl::unexpected(read.error());
  if (module.allow.empty())
    return value.Fault("a module needs \"allow\": the targets that may get its credentials");
  CompleteLogins(module.nodes);
  module.nodes.all_sections = true;
  return module;
}

}  // namespace

Result<void> AddSeed(const std::string& text, WatchOptions& cluster) {
  Result<Seed> seed = ParseSeed(text);
  if (!seed) return tl::unexpected(seed.error());
  cluster.seeds.push_back(seed->address);
  // As people know it from other tools, the URI may carry the login; what is given apart from it
  // wins.
  Login& login = cluster.nodes.data_login;
  if (login.user.empty() && login.password.empty() && !seed->password.empty())
    login = {seed->user, seed->password};
  return {};
}

Result<RedisConfig> ReadConfig(const YamlValue& document) {
  RedisConfig config;
  const auto read_cluster = [&](const YamlValue& value) -> Result<void> {
    Result<WatchOptions> cluster = ReadCluster(value);
    if (!cluster) return tl::unexpected(cluster.error());
    for (const WatchOptions& other : config.clusters) {
      if (!cluster->name.empty() && other.name == cluster->name)
        return value.Fault("there is a cluster \"" + other.name + "\" already");
    }
    config.clusters.push_back(std::move(*cluster));
    return {};
  };
  const auto read_module = [&](const std::string& name, const YamlValue& value) -> Result<void> {
    Result<Module> module = ReadModule(value);
    if (!module) return tl::unexpected(module.error());
    config.modules.emplace(name, std::move(*module));
    return {};
  };
  const Result<void> read = document.Keys({
      {"clusters", [&](const YamlValue& list) { return list.Elements(read_cluster); }},
      {"modules", [&](const YamlValue& modules) { return modules.Entries(read_module); }},
  });
  if (!read) return tl::unexpected(read.error());
  return config;
}

}  // namespace replicawatch::redis
