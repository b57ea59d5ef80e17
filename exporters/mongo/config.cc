#include "exporters/mongo/config.h"

#include "common/config/readers.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

/// What a cluster and a module say of the connections to their nodes.
struct Connection {
  std::string options;
  std::string user;
  Secret password;

  /// The settings for `hosts`, which belongs to `value`.
  Result<Settings> Complete(const std::string& hosts, const YamlValue& value) const {
    if (hosts.find('@') != std::string::npos)
      return value.Fault("an address carries no user and no password: they have keys of their own");
    const std::string scheme = hosts.starts_with("mongodb+srv://") ? "" : "mongodb://";
    Result<Settings> settings = ParseSettings(scheme + hosts + "/?" + options);
    if (!settings) return value.Fault(settings.error().message);
    if (!settings->password.empty())
      return value.Fault("options: a password belongs into a file or the environment");
    settings->user = user;
    settings->password = password;
    return settings;
  }
};

/// The keys of the connections, the same for clusters and modules.
YamlValue::KeyList ConnectionKeys(Connection& connection) {
  return {
      {"options", Into(connection.options),
       "those of a URI about login and TLS: tls=true&tlsCAFile=/etc/ssl/mongo-ca.pem"},
      {"user", Into(connection.user), "user name; default: none, and only what all may ask"},
      {"password_file", IntoSecretOfFile(connection.password), "file with the password"},
      {"password_env", IntoSecretOfEnvironment(connection.password),
       "environment variable with the password"},
  };
}

Result<ClusterConfig> ReadCluster(const YamlValue& value) {
  ClusterConfig cluster;
  Connection connection;
  std::vector<std::string> seeds;
  const Result<void> read = value.Keys(Joined({
      YamlValue::KeyList{{"name", Into(cluster.name),
                          "value of the label cluster; default: the replica set's name"},
                         {"seeds", IntoSome(seeds),
                          "any member, or several: host:port; or one mongodb+srv://host", true}},
      ConnectionKeys(connection),
      YamlValue::KeyList{
          {"collectors", Into(cluster.collectors, CollectorInfos(Collectors())), kCollectorsHelp}},
  }));
  if (!read) return tl::unexpected(read.error());
  std::string hosts;
  for (const std::string& seed : seeds) hosts += (hosts.empty() ? "" : ",") + seed;
  Result<Settings> settings = connection.Complete(hosts, value);
  if (!settings) return tl::unexpected(settings.error());
  cluster.settings = std::move(*settings);
  return cluster;
}

Result<Module> ReadModule(const YamlValue& value) {
  Module module;
  Connection connection;
  const Result<void> read = value.Keys(Joined({
      YamlValue::KeyList{{"allow", Into(module.allow), kAllowHelp, true}},
      ConnectionKeys(connection),
  }));
  if (!read) return tl::unexpected(read.error());
  // The host is that of each probe.
  Result<Settings> settings = connection.Complete("target", value);
  if (!settings) return tl::unexpected(settings.error());
  module.settings.settings = std::move(*settings);
  return module;
}

}  // namespace

Result<MongoConfig> ReadConfig(const YamlValue& document) {
  MongoConfig config;
  const Result<void> read = document.Keys({
      {"clusters", IntoClusters(config.clusters, ReadCluster), kClustersHelp},
      {"modules", IntoModules(config.modules, config.modules_digest, ReadModule), kModulesHelp},
  });
  if (!read) return tl::unexpected(read.error());
  return config;
}

}  // namespace replicawatch::mongo
