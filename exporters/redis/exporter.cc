#include "exporters/redis/exporter.h"

#include "common/config/readers.h"
#include "exporters/redis/collectors/table.h"
#include "exporters/redis/config.h"
#include "exporters/redis/prober.h"

namespace replicawatch::redis {
namespace {

/// What the collectors want to be asked.
void AskFor(CollectorSet collectors, NodeSettings& nodes) {
  nodes.clients = collectors.Has(kClientsCollectorIndex);
  nodes.modules = collectors.Has(kModulesCollectorIndex);
  nodes.search = collectors.Has(kSearchCollectorIndex);
  nodes.configuration = collectors.Has(kConfigCollectorIndex);
  nodes.dump = collectors.Has(kDumpCollectorIndex);
}

}  // namespace

std::string_view RedisExporter::Description() const {
  return "Watches a Redis deployment, with its replicas and Sentinels, from any one of its nodes.";
}

std::vector<CollectorInfo> RedisExporter::Collectors() const {
  return CollectorInfos(redis::Collectors());
}

std::vector<MetricTable> RedisExporter::Metrics() const {
  return CollectorMetrics(redis::Collectors());
}

void RedisExporter::AddFlags(Flags& flags) {
  flags.Text("config.file", config_file_.path,
             "YAML file with clusters to watch, beside the one that the flags name, and modules "
             "for /probe");
  flags.Texts(
      "redis.addr", addresses_,
      "Any node: redis://host:port, rediss://host:port with TLS, unix:///path or host:port; a "
      "master, a replica, a Sentinel or a Cluster node; repeatable for several seeds",
      {"REDIS_ADDR"});
  flags.Text("cluster.name", cluster_name_,
             "Value of the label cluster; default: the Sentinel master name, else the seed");
  flags.Text("redis.user", user_, "ACL user on the data nodes; empty for the default user",
             {"REDIS_USER"});
  flags.Password(
      "redis.password-file", password_,
      "File with the password on the data nodes, or with a JSON object of URIs and their "
      "passwords",
      {"REDIS_PASSWORD"}, {"REDIS_PASSWORD_FILE"});
  flags.Text("redis.sentinel-user", sentinel_user_,
             "ACL user on the Sentinels; default: the one of --redis.user");
  flags.Password("redis.sentinel-password-file", sentinel_password_,
                 "File with the password on the Sentinels", {"REDIS_SENTINEL_PASSWORD"});
  flags.Text(
      "redis.tls.ca-file", tls_.ca_file,
      "CA certificates that the nodes' own must be of, with rediss://; default: the system's");
  flags.Text("redis.tls.cert-file", tls_.cert_file, "Client certificate to show to the nodes");
  flags.Text("redis.tls.key-file", tls_.key_file, "Key of the client certificate");
  flags.Text("redis.tls.server-name", tls_.server_name,
             "Name that the nodes' certificates must have; default: the host that is asked");
  flags.Switch("redis.tls.insecure-skip-verify", tls_.insecure_skip_verify,
               "Take any certificate; whoever is between can read the password");
  survey_.AddFlags(flags);
}

/// The cluster that the flags describe.
Result<WatchOptions> RedisExporter::ClusterOfFlags() const {
  ClusterSettings settings;
  settings.tls = tls_;
  WatchOptions& cluster = settings.watch;
  cluster.name = cluster_name_;
  Result<Secret> password = password_.Read();
  if (!password)
    return Fail(ErrorCode::kParse, "--redis.password-file: " + password.error().message);
  Result<Secret> sentinel_password = sentinel_password_.Read();
  if (!sentinel_password)
    return Fail(ErrorCode::kParse,
                "--redis.sentinel-password-file: " + sentinel_password.error().message);
  cluster.nodes.data_login = {user_, std::move(*password)};
  cluster.nodes.sentinel_login = {sentinel_user_.empty() ? user_ : sentinel_user_,
                                  std::move(*sentinel_password)};
  for (const std::string& text : addresses_) {
    if (const Result<void> added = AddSeed(text, settings); !added)
      return Fail(ErrorCode::kParse, "--redis.addr: " + added.error().message);
  }
  Login& login = cluster.nodes.data_login;
  if (const Result<void> chosen = ChoosePassword(addresses_.front(), login.password, login.user);
      !chosen)
    return Fail(ErrorCode::kParse, "--redis.password-file: " + chosen.error().message);
  const bool has_details = !tls_.ca_file.empty() || !tls_.cert_file.empty() ||
                           !tls_.key_file.empty() || !tls_.server_name.empty();
  if (has_details && !settings.tls.enabled)
    return Fail(
        ErrorCode::kParse,
        "--redis.tls.*: TLS is used with rediss://host:port, which --redis.addr does not say");
  if (const Result<void> tls = CompleteTls(settings.tls, cluster.nodes); !tls)
    return Fail(ErrorCode::kParse, "--redis.tls: " + tls.error().message);
  auto survey = survey_.Complete();
  if (!survey) return Fail(ErrorCode::kParse, "--redis.check-...: " + survey.error().message);
  cluster.nodes.survey = std::move(*survey);
  // The flags stay as they are, the files may change.
  SettingsDigest digest;
  for (const std::string& path :
       {password_.file, sentinel_password_.file, tls_.ca_file, tls_.cert_file, tls_.key_file})
    digest.Add(path);
  survey_.AddTo(digest);
  cluster.settings_digest = digest.Value();
  return std::move(cluster);
}

/// The clusters of the file, and the one of the flags.
Result<RedisConfig> RedisExporter::ReadSettings(Reread what) {
  Result<RedisConfig> config = config_file_.Load(what, ReadConfig);
  if (!config) return config;
  if (config_file_.path.empty() && addresses_.empty()) {
    addresses_ = {"redis://localhost:6379"};
  }
  if (!addresses_.empty()) {
    Result<WatchOptions> cluster = ClusterOfFlags();
    if (!cluster) return tl::unexpected(cluster.error());
    config->clusters.push_back(std::move(*cluster));
  }
  return config;
}

ConfigSchema RedisExporter::DescribeConfig() const { return YamlValue::Describe(ReadConfig); }

Result<size_t> RedisExporter::CheckSettings() {
  const Result<RedisConfig> config = ReadSettings(Reread::kAll);
  if (!config) return tl::unexpected(config.error());
  return config->clusters.size();
}

Result<std::shared_ptr<Started>> RedisExporter::Start(const StartRequest& request) {
  Result<RedisConfig> config = ReadSettings(request.reread);
  if (!config) return tl::unexpected(config.error());
  auto started = std::make_shared<Started>();
  std::vector<RedisProber::Access::Cluster> probed;
  for (WatchOptions& cluster : config->clusters) {
    const CollectorSet collectors = cluster.collectors.Over(request.collectors);
    AskFor(collectors, cluster.nodes);
    NodeSettings nodes = cluster.nodes;
    nodes.all_sections = nodes.latencies = true;
    nodes.survey = nullptr;  // its watcher does it
    // What is never published is not looked for either.
    if (!collectors.Has(kKeysCollectorIndex)) cluster.nodes.survey = nullptr;
    cluster.nodes.heartbeat = collectors.Has(kHeartbeatCollectorIndex);
    cluster.nodes.buffers = collectors.Has(kReplicationCollectorIndex);
    cluster.nodes.latencies = collectors.Has(kLatencyCollectorIndex);
    cluster.nodes.all_sections = collectors.Has(kNodeCollectorIndex) || cluster.nodes.latencies;
    std::string digest = cluster.settings_digest;
    auto watcher = Running<RedisWatcher>(request.before, digest);
    if (!watcher) watcher = std::make_shared<RedisWatcher>(std::move(cluster));
    probed.push_back({watcher.get(), std::move(nodes)});
    started->clusters.push_back({std::move(digest), collectors, std::move(watcher)});
  }
  for (auto& [name, module] : config->modules) AskFor(request.collectors, module.settings);
  started->modules_digest = std::move(config->modules_digest);
  started->prober = std::make_unique<RedisProber>(std::move(probed), std::move(config->modules));
  return started;
}

}  // namespace replicawatch::redis
