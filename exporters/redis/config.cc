#include "exporters/redis/config.h"

#include <optional>

#include "common/config/readers.h"
#include "exporters/redis/parse/seed.h"
#include "exporters/redis/survey_config.h"

namespace replicawatch::redis {
namespace {

/// Sentinels without a user of their own take that of the data nodes.
void CompleteLogins(NodeSettings& nodes) {
  if (nodes.sentinel_login.user.empty()) nodes.sentinel_login.user = nodes.data_login.user;
}

/// tls: true, or a mapping of the details, which switches it on as well.
YamlValue::Read IntoTls(TlsOptions& tls) {
  return [&tls](const YamlValue& value) -> Result<void> {
    tls.enabled = true;
    if (value.Text()) return Into(tls.enabled)(value);
    return value.Keys({
        {"ca_file", Into(tls.ca_file)},
        {"cert_file", Into(tls.cert_file)},
        {"key_file", Into(tls.key_file)},
        {"server_name", Into(tls.server_name)},
        {"insecure_skip_verify", Into(tls.insecure_skip_verify)},
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

Result<WatchOptions> ReadCluster(const YamlValue& value) {
  ClusterSettings settings;
  WatchOptions& cluster = settings.watch;
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
      {"tls", IntoTls(settings.tls)},
      {"survey", IntoSurvey(cluster.nodes)},
  });
  if (!read) return tl::unexpected(read.error());
  if (seeds.empty()) return value.Fault("a cluster needs \"seeds\": the address of any member");
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
  Login& data = module.settings.data_login;
  Login& sentinel = module.settings.sentinel_login;
  const Result<void> read = value.Keys({
      {"allow", Into(module.allow)},
      {"user", Into(data.user)},
      {"password_file", IntoSecretOfFile(data.password)},
      {"password_env", IntoSecretOfEnvironment(data.password)},
      {"sentinel_user", Into(sentinel.user)},
      {"sentinel_password_file", IntoSecretOfFile(sentinel.password)},
      {"sentinel_password_env", IntoSecretOfEnvironment(sentinel.password)},
      {"tls", IntoTls(tls)},
      {"survey", IntoSurvey(module.settings)},
  });
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
      {"clusters", IntoClusters(config.clusters, ReadCluster)},
      {"modules", IntoModules(config.modules, config.modules_digest, ReadModule)},
  });
  if (!read) return tl::unexpected(read.error());
  return config;
}

}  // namespace replicawatch::redis
