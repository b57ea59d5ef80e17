#include "exporters/redis/config.h"

#include <cstdlib>
#include <optional>

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

/// tls: true, or a mapping of the details, which switches it on as well.
YamlValue::Read IntoTls(TlsOptions& tls) {
  return [&tls](const YamlValue& value) -> Result<void> {
    tls.enabled = true;
    if (const Result<std::string> word = value.Text()) {
      if (*word != "true" && *word != "false") return value.Fault("true or false is wanted here");
      tls.enabled = *word == "true";
      return {};
    }
    return value.Keys({
        {"ca_file", Into(tls.ca_file)},
        {"cert_file", Into(tls.cert_file)},
        {"key_file", Into(tls.key_file)},
        {"server_name", Into(tls.server_name)},
        {"insecure_skip_verify",
         [&tls](const YamlValue& skip) -> Result<void> {
           const Result<std::string> word = skip.Text();
           if (!word || (*word != "true" && *word != "false"))
             return skip.Fault("true or false is wanted here");
           tls.insecure_skip_verify = *word == "true";
           return {};
         }},
    });
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
      {"tls", IntoTls(tls)},
  });
  if (!read) return tl::unexpected(read.error());
  if (module.allow.empty())
    return value.Fault("a module needs \"allow\": the targets that may get its credentials");
  CompleteLogins(module.nodes);
  if (const Result<void> completed = CompleteTls(tls, module.nodes); !completed)
    return value.Fault("tls: " + completed.error().message);
  module.nodes.all_sections = module.nodes.latencies = true;
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
