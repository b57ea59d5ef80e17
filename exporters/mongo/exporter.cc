#include "exporters/mongo/exporter.h"

#include "common/config/readers.h"
#include "exporters/mongo/collectors/field_families.h"
#include "exporters/mongo/collectors/table.h"
#include "exporters/mongo/config.h"
#include "exporters/mongo/prober.h"
#include "exporters/mongo/watcher.h"

namespace replicawatch::mongo {

std::string_view MongoExporter::Description() const {
  return "Watches a MongoDB replica set, all of its members, from any one of them.";
}

std::vector<CollectorInfo> MongoExporter::Collectors() const {
  return CollectorInfos(mongo::Collectors());
}

std::vector<MetricTable> MongoExporter::Metrics() const {
  return CollectorMetrics(mongo::Collectors());
}

MetricTable MongoExporter::MetricPatterns() const { return FieldPatterns(); }

void MongoExporter::AddFlags(Flags& flags) {
  flags.Text("config.file", config_file_.path,
             "YAML file with clusters to watch, beside the one that the flags name, and modules "
             "for /probe");
  flags.Text("mongodb.uri", uri_,
             "Any member, or several: mongodb://[user@]host:port[,host:port]/[?options]; of the "
             "options those about login and TLS count",
             {"MONGODB_URI"});
  flags.Text("mongodb.user", user_, "User name; default: the one in the URI", {"MONGODB_USER"});
  flags.Password("mongodb.password-file", password_, "File with the password",
                 {"MONGODB_PASSWORD"});
  flags.Text("cluster.name", cluster_name_,
             "Value of the label cluster; default: the replica set's name");
  flags.Count("mongodb.objects-limit", limits_.objects,
              "Most databases, collections or operations that each of the collectors dbstats, "
              "collstats, indexstats, top, profile and currentop tells of; the rest is counted");
  flags.Time("mongodb.slow-operation", limits_.slow_operation,
             "How long an operation must have been under way for the collector currentop");
}

/// The set that the flags describe.
Result<ClusterConfig> MongoExporter::ClusterOfFlags() const {
  Result<Settings> settings = ParseSettings(uri_);
  if (!settings) {
    return Fail(settings.error().code, "--mongodb.uri: " + settings.error().message);
  }
  // What is given apart from the URI wins.
  if (!user_.empty()) settings->user = user_;
  Result<Secret> password = password_.Read();
  if (!password)
    return Fail(ErrorCode::kParse, "--mongodb.password-file: " + password.error().message);
  if (!password->empty()) settings->password = std::move(*password);
  // The flags stay as they are, the file may change.
  SettingsDigest digest;
  digest.Add(password_.file);
  return ClusterConfig{cluster_name_, std::move(*settings), digest.Value()};
}

namespace {

std::shared_ptr<MongoWatcher> Watch(const ClusterConfig& cluster, const SurveyLimits& limits) {
  // The name service may add to the settings; sessions are opened only after it has.
  const auto settings = std::make_shared<Settings>(cluster.settings);
  const Connect connect = [settings](const std::string& address) {
    return MongocSessions(*settings, address);
  };
  FindSeeds find_seeds;
  if (!settings->srv_host.empty()) {
    find_seeds = [settings]() -> Result<std::vector<std::string>> {
      const Result<SrvAnswer> answer = LookUpSrv(settings->srv_host);
      if (!answer) return tl::unexpected(answer.error());
      ApplySrv(*answer, *settings);
      return answer->seeds;
    };
  }
  return std::make_shared<MongoWatcher>(
      WatchOptions{cluster.name, settings->seeds, settings->has_login(), limits}, connect,
      std::move(find_seeds));
}

/// What /probe asks: on /metrics the collector node may be off.
Topics ProbedTopics(CollectorSet collectors) {
  Topics topics = TopicsOf(collectors);
  topics.Add(Topic::kNode);
  return topics;
}

}  // namespace

/// The clusters of the file, and the one of the flags.
Result<MongoConfig> MongoExporter::ReadSettings(Reread what) {
  Result<MongoConfig> config = config_file_.Load(what, ReadConfig);
  if (!config) return config;
  if (config_file_.path.empty() && uri_.empty()) {
    return Fail(ErrorCode::kParse,
                "--mongodb.uri (or MONGODB_URI) is missing: name any member, "
                "as in mongodb://host:27017");
  }
  if (!uri_.empty()) {
    Result<ClusterConfig> cluster = ClusterOfFlags();
    if (!cluster) return tl::unexpected(cluster.error());
    config->clusters.push_back(std::move(*cluster));
  }
  return config;
}

ConfigSchema MongoExporter::DescribeConfig() const { return YamlValue::Describe(ReadConfig); }

Result<size_t> MongoExporter::CheckSettings() {
  const Result<MongoConfig> config = ReadSettings(Reread::kAll);
  if (!config) return tl::unexpected(config.error());
  return config->clusters.size();
}

Result<std::shared_ptr<Started>> MongoExporter::Start(const StartRequest& request) {
  Result<MongoConfig> config = ReadSettings(request.reread);
  if (!config) return tl::unexpected(config.error());
  auto started = std::make_shared<Started>();
  std::vector<MongoProber::Access::Cluster> probed;
  for (ClusterConfig& cluster : config->clusters) {
    auto watcher = Running<MongoWatcher>(request.before, cluster.settings_digest);
    if (!watcher) watcher = Watch(cluster, limits_);
    const CollectorSet collectors = cluster.collectors.Over(request.collectors);
    probed.push_back(
        {watcher.get(), {cluster.settings, watcher->pool(), ProbedTopics(collectors)}});
    started->clusters.push_back(
        {std::move(cluster.settings_digest), collectors, std::move(watcher)});
  }
  for (auto& [name, module] : config->modules)
    module.settings.topics = ProbedTopics(request.collectors);
  started->modules_digest = std::move(config->modules_digest);
  started->prober =
      std::make_unique<MongoProber>(std::move(probed), std::move(config->modules), limits_);
  return started;
}

}  // namespace replicawatch::mongo
