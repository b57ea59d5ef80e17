#include "exporters/redis/config.h"

#include <optional>

#include "common/config/readers.h"
#include "exporters/redis/collectors/table.h"
#include "exporters/redis/parse/seed.h"
#include "exporters/redis/survey_config.h"

namespace replicawatch::redis {
namespace {

constexpr std::string_view kTlsHelp = "true, or the details of TLS, which switch it on as well";

/// Sentinels without a user of their own take that of the data nodes.
void CompleteLogins(NodeSettings& nodes) {
  if (nodes.sentinel_login.user.empty()) nodes.sentinel_login.user = nodes.data_login.user;
}

/// tls: true, or a mapping of the details, which switches it on as well.
YamlValue::Read IntoTls(TlsOptions& tls) {
  return [&tls](const YamlValue& value) {
    return value.TextOr(Into(tls.enabled), [&tls](const YamlValue& details) {
      tls.enabled = true;
      return details.Keys({
          {"ca_file", Into(tls.ca_file),
           "authorities that the nodes' certificates must be of, PEM; default: the system's"},
          {"cert_file", Into(tls.cert_file), "client certificate to show to the nodes, PEM"},
          {"key_file", Into(tls.key_file), "key of the client certificate, PEM"},
          {"server_name", Into(tls.server_name),
           "name that the nodes' certificates must have; default: the host that is asked"},
          {"insecure_skip_verify", Into(tls.insecure_skip_verify),
           "takes any certificate; whoever is between can read the password"},
      });
    });
  };
}

YamlValue::Read IntoSurvey(NodeSettings& nodes) {
  return [&nodes](const YamlValue& value) -> Result<void> {
    SurveyConfig survey;
    if (const Result<void> read = survey.Read(value); !read) return read;
    auto settings = survey.Complete();
    if (!settings) return value.Fault(settings.error().message);
    nodes.survey = std::move(*settings);
    return {};
  };
}

/// The keys that say who the exporter is to the nodes, the same for clusters and modules.
YamlValue::KeyList LoginKeys(NodeSettings& nodes) {
  Login& data = nodes.data_login;
  Login& sentinel = nodes.sentinel_login;
  return {
      {"user", Into(data.user), "ACL user on the data nodes; default: the default user"},
      {"password_file", IntoSecretOfFile(data.password), "file with that user's password"},
      {"password_env", IntoSecretOfEnvironment(data.password),
       "environment variable with that user's password"},
      {"sentinel_user", Into(sentinel.user), "ACL user on the Sentinels; default: user"},
      {"sentinel_password_file", IntoSecretOfFile(sentinel.password),
       "file with the password on the Sentinels"},
      {"sentinel_password_env", IntoSecretOfEnvironment(sentinel.password),
       "environment variable with the password on the Sentinels"},
      {"survey", IntoSurvey(nodes),
       "keys, streams and scripts to look at in the background, as --redis.check-... names them"},
  };
}

Result<WatchOptions> ReadCluster(const YamlValue& value) {
  ClusterSettings settings;
  WatchOptions& cluster = settings.watch;
  std::vector<std::string> seeds;
  const Result<void> read = value.Keys(Joined({
      YamlValue::KeyList{
          {"name", Into(cluster.name),
           "value of the label cluster; default: the Sentinel master name, else the first seed"},
          {"seeds", IntoSome(seeds),
           "any node, or several: host:port, redis://host:port, rediss:// with TLS, unix:///path",
           true},
          {"tls", IntoTls(settings.tls), kTlsHelp}},
      LoginKeys(cluster.nodes),
      YamlValue::KeyList{
          {"collectors", Into(cluster.collectors, CollectorInfos(Collectors())), kCollectorsHelp}},
  }));
  if (!read) return tl::unexpected(read.error());
  for (const std::string& seed : seeds) {
    if (const Result<void> added = AddSeed(seed, settings); !added)
      return value.Fault("seeds: " + added.error().message);
  }
  CompleteLogins(cluster.nodes);
  if (const Result<void> tls = CompleteTls(settings.tls, cluster.nodes); !tls)
    return value.Fault("tls: " + tls.error().message);
  return std::move(cluster);
}

Result<Module> ReadModule(const YamlValue& value) {
  Module module;
  TlsOptions tls;
  const Result<void> read = value.Keys(Joined({
      YamlValue::KeyList{{"allow", Into(module.allow), kAllowHelp, true},
                         {"tls", IntoTls(tls), kTlsHelp}},
      LoginKeys(module.settings),
  }));
  if (!read) return tl::unexpected(read.error());
  CompleteLogins(module.settings);
  if (const Result<void> completed = CompleteTls(tls, module.settings); !completed)
    return value.Fault("tls: " + completed.error().message);
  module.settings.all_sections = module.settings.latencies = true;
  return module;
}

}  // namespace

Result<void> CompleteTls(const TlsOptions& options, NodeSettings& nodes) {
  if (!options.enabled) return {};
  auto client = TlsClient::Make(options);
  if (!client) return tl::unexpected(client.error());
  nodes.tls = std::move(*client);
  return {};
}

Result<void> ChoosePassword(const std::string& seed, Secret& password, std::string& user) {
  if (!password.Reveal().starts_with('{')) return {};
  const Result<YamlValue> document =
      YamlValue::Parse(std::string(password.Reveal()), "the password file");
  if (!document) return {};
  const Result<Seed> wanted = ParseSeed(seed);
  if (!wanted) return tl::unexpected(wanted.error());
  std::optional<Secret> found;
  const Result<void> read =
      document->Entries([&](const std::string& uri, const YamlValue& value) -> Result<void> {
        const Result<Seed> entry = ParseSeed(uri);
        const Result<std::string> text = value.Text();
        if (!text) return tl::unexpected(text.error());
        if (found || !entry || entry->address != wanted->address) return {};
        if (!user.empty() && !entry->user.empty() && entry->user != user) return {};
        if (user.empty()) user = entry->user;
        found = Secret(*text);
        return {};
      });
  // What is wrong with it must not be shown: it is full of passwords.
  if (!read) return Fail(ErrorCode::kParse, "the password file is no JSON object of texts");
  if (!found)
    return Fail(ErrorCode::kParse, "the password file has no entry for " + wanted->address);
  password = std::move(*found);
  return {};
}

Result<void> AddSeed(const std::string& text, ClusterSettings& cluster) {
  Result<Seed> seed = ParseSeed(text);
  if (!seed) return tl::unexpected(seed.error());
  cluster.watch.seeds.push_back(seed->address);
  cluster.tls.enabled |= seed->tls;
  // As people know it from other tools, the URI may carry the login; what is given apart from it
  // wins.
  Login& login = cluster.watch.nodes.data_login;
  if (login.user.empty() && login.password.empty() && !seed->password.empty())
    login = {seed->user, seed->password};
  return {};
}

Result<RedisConfig> ReadConfig(const YamlValue& document) {
  RedisConfig config;
  const Result<void> read = document.Keys({
      {"clusters", IntoClusters(config.clusters, ReadCluster), kClustersHelp},
      {"modules", IntoModules(config.modules, config.modules_digest, ReadModule), kModulesHelp},
  });
  if (!read) return tl::unexpected(read.error());
  return config;
}

}  // namespace replicawatch::redis
