#include "exporters/minio/exporter.h"

#include <cstdlib>

#include "common/config/readers.h"
#include "exporters/minio/collectors/table.h"
#include "exporters/minio/config.h"
#include "exporters/minio/prober.h"
#include "exporters/minio/watcher.h"

namespace replicawatch::minio {
std::string_view MinioExporter::Description() const {
  return "Watches a distributed MinIO, each node and each erasure set, from any one of its nodes.";
}

std::vector<CollectorInfo> MinioExporter::Collectors() const {
  return CollectorInfos(minio::Collectors());
}

std::vector<MetricTable> MinioExporter::Metrics() const {
  std::vector<MetricTable> tables = CollectorMetrics(minio::Collectors());
  tables.push_back(NodeAloneMetrics());
  return tables;
}

MetricTable MinioExporter::MetricPatterns() const { return NativePatterns(); }

void MinioExporter::AddFlags(Flags& flags) {
  flags.Text("config.file", config_file_.path,
             "YAML file with clusters to watch, beside the one that the flags name, and modules "
             "for /probe");
  flags.Texts("minio.url", urls_,
              "Any node, http[s]://host:port; repeatable for several seeds. The access key comes "
              "from the environment, MINIO_ACCESS_KEY; without one only health is watched",
              {"MINIO_URL"});
  flags.Text("cluster.name", cluster_name_,
             "Value of the label cluster; default: the seed's host:port");
  flags.Password("minio.secret-key-file", secret_key_, "File with the secret key",
                 {"MINIO_SECRET_KEY"});
  flags.Text("minio.region", region_, "Region that requests are signed for");
  flags.Text("minio.canary.bucket", canary_.bucket,
             "Bucket for test writes and reads through each node, which nothing else uses; "
             "default: none, and nothing is ever written");
  flags.Time("minio.canary.interval", canary_.interval,
             "How often each node gets a test write and read");
  flags.Text("minio.ca-file", ca_file_,
             "PEM file with the authorities that the nodes' certificates are checked against; "
             "default: the system's");
}

/// The cluster that the flags describe.
Result<WatchOptions> MinioExporter::ClusterOfFlags() const {
  WatchOptions cluster;
  cluster.name = cluster_name_;
  for (const std::string& url : urls_) {
    Result<NodeAddress> seed = ParseSeed(url);
    if (!seed) return Fail(ErrorCode::kParse, "--minio.url: " + seed.error().message);
    cluster.seeds.push_back(std::move(*seed));
  }
  if (const Result<void> readable = CheckCaFile(ca_file_); !readable)
    return Fail(ErrorCode::kParse, "--minio.ca-file: " + readable.error().message);
  cluster.nodes.ca_file = ca_file_;
  // The flags stay as they are, the files may change.
  SettingsDigest digest;
  for (const std::string& path : {secret_key_.file, ca_file_}) digest.Add(path);
  cluster.settings_digest = digest.Value();
  Result<Secret> secret_key = secret_key_.Read();
  if (!secret_key)
    return Fail(ErrorCode::kParse, "--minio.secret-key-file: " + secret_key.error().message);
  S3Key key;
  key.region = region_;
  key.secret_key = std::move(*secret_key);
  // The access key is half of a credential: like the other half it has no flag.
  if (const char* access_key = std::getenv("MINIO_ACCESS_KEY")) key.access_key = access_key;
  Result<std::optional<S3Key>> complete = CompleteKey(std::move(key));
  if (!complete)
    return Fail(ErrorCode::kParse, complete.error().message +
                                       ": they are MINIO_ACCESS_KEY in the environment and "
                                       "MINIO_SECRET_KEY or --minio.secret-key-file");
  cluster.nodes.key = std::move(*complete);
  if (canary_.bucket.empty()) return cluster;
  if (!cluster.nodes.key)
    return Fail(ErrorCode::kParse, "--minio.canary.bucket needs an access key and a secret key");
  cluster.canary = canary_;
  if (const Result<void> usable = CompleteCanary(*cluster.canary); !usable)
    return Fail(ErrorCode::kParse, "--minio.canary: " + usable.error().message);
  return cluster;
}

/// The clusters of the file, and the one of the flags.
Result<MinioConfig> MinioExporter::ReadSettings(Reread what) {
  Result<MinioConfig> config = config_file_.Load(what, ReadConfig);
  if (!config) return config;
  if (config_file_.path.empty() && urls_.empty()) {
    return Fail(ErrorCode::kParse,
                "--minio.url (or MINIO_URL) is missing: name any node, as in http://host:9000");
  }
  if (!urls_.empty()) {
    Result<WatchOptions> cluster = ClusterOfFlags();
    if (!cluster) return tl::unexpected(cluster.error());
    config->clusters.push_back(std::move(*cluster));
  }
  return config;
}

ConfigSchema MinioExporter::DescribeConfig() const { return YamlValue::Describe(ReadConfig); }

Result<size_t> MinioExporter::CheckSettings() {
  const Result<MinioConfig> config = ReadSettings(Reread::kAll);
  if (!config) return tl::unexpected(config.error());
  return config->clusters.size();
}

Result<std::shared_ptr<Started>> MinioExporter::Start(const StartRequest& request) {
  Result<MinioConfig> config = ReadSettings(request.reread);
  if (!config) return tl::unexpected(config.error());
  auto started = std::make_shared<Started>();
  std::vector<MinioProber::Access::Cluster> probed;
  for (WatchOptions& cluster : config->clusters) {
    const CollectorSet collectors = cluster.collectors.Over(request.collectors);
    // What is never published is not done either.
    if (!HasCollector(collectors, "canary")) cluster.canary.reset();
    cluster.relay_native = HasCollector(collectors, kNativeCollector);
    ProbeSettings nodes{cluster.nodes, cluster.seeds.front().tls, cluster.relay_native};
    std::string digest = cluster.settings_digest;
    auto watcher = Running<MinioWatcher>(request.before, digest);
    if (!watcher) watcher = std::make_shared<MinioWatcher>(std::move(cluster));
    probed.push_back({watcher.get(), std::move(nodes)});
    started->clusters.push_back({std::move(digest), collectors, std::move(watcher)});
  }
  for (auto& [name, module] : config->modules)
    module.settings.relay_native = HasCollector(request.collectors, kNativeCollector);
  started->modules_digest = std::move(config->modules_digest);
  started->prober = std::make_unique<MinioProber>(std::move(probed), std::move(config->modules));
  return started;
}

}  // namespace replicawatch::minio
