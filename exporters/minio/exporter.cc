#include "exporters/minio/exporter.h"

#include <unistd.h>

#include <cstdlib>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

/// The access key is half of a credential: like the other half it has no flag.
Result<std::optional<S3Key>> CompleteKey(S3Key key) {
  if (const char* access_key = std::getenv("MINIO_ACCESS_KEY")) key.access_key = access_key;
  if (key.access_key.empty() && key.secret_key.empty()) return std::nullopt;
  if (key.access_key.empty()) {
    return Fail(ErrorCode::kInternal,
                "there is a secret key, but the environment has no MINIO_ACCESS_KEY");
  }
  if (key.secret_key.empty()) {
    return Fail(ErrorCode::kInternal,
                "MINIO_ACCESS_KEY is set, but neither MINIO_SECRET_KEY nor "
                "--minio.secret-key-file");
  }
  return key;
}

}  // namespace

std::string_view MinioExporter::Description() const {
  return "Watches a distributed MinIO, each node and each erasure set, from any one of its nodes.";
}

std::vector<CollectorInfo> MinioExporter::Collectors() const {
  return CollectorInfos(minio::Collectors());
}

std::vector<MetricTable> MinioExporter::Metrics() const {
  return CollectorMetrics(minio::Collectors());
}

void MinioExporter::AddFlags(Flags& flags) {
  flags.Texts("minio.url", urls_,
              "Any node, http[s]://host:port; repeatable for several seeds. The access key comes "
              "from the environment, MINIO_ACCESS_KEY; without one only health is watched",
              {"MINIO_URL"});
  flags.Text("cluster.name", cluster_name_,
             "Value of the label cluster; default: the seed's host:port");
  flags.Password("minio.secret-key-file", key_.secret_key, "File with the secret key",
                 {"MINIO_SECRET_KEY"});
  flags.Text("minio.region", key_.region, "Region that requests are signed for");
  flags.Text("minio.ca-file", ca_file_,
             "PEM file with the authorities that the nodes' certificates are checked against; "
             "default: the system's");
}

Result<Started> MinioExporter::Start(CollectorSet) {
  if (urls_.empty()) {
    return Fail(ErrorCode::kInternal, "--minio.url: the address of a node is missing");
  }
  WatchOptions options;
  options.name = cluster_name_;
  options.ca_file = ca_file_;
  for (const std::string& url : urls_) {
    Result<NodeAddress> seed = ParseSeed(url);
    if (!seed) return Fail(ErrorCode::kParse, "--minio.url: " + seed.error().message);
    options.seeds.push_back(std::move(*seed));
  }
  if (!ca_file_.empty() && access(ca_file_.c_str(), R_OK) != 0) {
    return Fail(ErrorCode::kInternal, "--minio.ca-file: can't read " + ca_file_);
  }
  Result<std::optional<S3Key>> key = CompleteKey(key_);
  if (!key) return tl::unexpected(key.error());
  options.key = std::move(*key);
  Started started;
  started.watchers.push_back(std::make_unique<MinioWatcher>(std::move(options)));
  return started;
}

}  // namespace replicawatch::minio
