#include "exporters/minio/config.h"

#include <unistd.h>

#include <utility>

#include "common/config/readers.h"
#include "exporters/minio/bucket_config.h"
#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 && name[0] != 0 ? name : "unnamed";
}

/// The keys that say how nodes are asked, the same for clusters and modules.
struct NodeKeys {
  S3Key key;
  Secret access_key;
  NodeSettings settings;

  /// Puts them together; `value` is where they stand.
  Result<void> Complete(const YamlValue& value) {
    if (!access_key.empty() && !key.access_key.empty())
      return value.Fault("the access key is given twice: as access_key and access_key_env");
    if (!access_key.empty()) key.access_key = access_key.Reveal();
    Result<std::optional<S3Key>> complete = CompleteKey(std::move(key));
    if (!complete) return value.Fault(complete.error().message);
    settings.key = std::move(*complete);
    if (const Result<void> readable = CheckCaFile(settings.ca_file); !readable)
      return value.Fault(readable.error().message);
    return {};
  }
};

YamlValue::KeyList KeysOf(NodeKeys& nodes) {
  return {
      {"access_key", Into(nodes.key.access_key),
       "access key; default: none, and only health is watched"},
      {"access_key_env", IntoSecretOfEnvironment(nodes.access_key),
       "environment variable with the access key"},
      {"secret_key_file", IntoSecretOfFile(nodes.key.secret_key), "file with the secret key"},
      {"secret_key_env", IntoSecretOfEnvironment(nodes.key.secret_key),
       "environment variable with the secret key"},
      {"region", Into(nodes.key.region), "region that requests are signed for"},
      {"ca_file", Into(nodes.settings.ca_file),
       "authorities that the nodes' certificates must be of, PEM; default: the system's"},
  };
}

YamlValue::Read IntoCanary(std::optional<CanarySettings>& canary) {
  return [&canary](const YamlValue& value) -> Result<void> {
    CanarySettings& settings = canary.emplace();
    const Result<void> read = value.Keys({
        {"bucket", Into(settings.bucket), "a bucket that nothing else uses", true},
        {"prefix", Into(settings.prefix),
         "of all keys, for this exporter alone; default: replicawatch/HOSTNAME"},
        {"interval", Into(settings.interval), "from one write through a node to the next"},
        {"redundancy", Into(settings.redundancy),
         "looks how many shards there are of what was written"},
    });
    if (!read) return read;
    if (const Result<void> complete = CompleteCanary(settings); !complete)
      return value.Fault(complete.error().message);
    return {};
  };
}

Result<WatchOptions> ReadCluster(const YamlValue& value) {
  WatchOptions cluster;
  NodeKeys nodes;
  BucketConfig buckets;
  std::vector<std::string> seeds;
  const Result<void> read = value.Keys(Joined({
      YamlValue::KeyList{{"name", Into(cluster.name),
                          "value of the label cluster; default: the first seed's host:port"},
                         {"seeds", IntoSome(seeds),
                          "any node, or several: http://host:port or https://host:port", true}},
      KeysOf(nodes),
      YamlValue::KeyList{
          {"canary", IntoCanary(cluster.canary), "test writes and reads through each node"},
          {"buckets", [&](const YamlValue& of) { return buckets.ReadBuckets(of); },
           "buckets that have to be there, by name, and how they have to be"},
          {"bucket_survey", [&](const YamlValue& of) { return buckets.ReadSurvey(of); },
           "how buckets are looked at"},
          {"collectors", Into(cluster.collectors, CollectorInfos(Collectors())), kCollectorsHelp}},
  }));
  if (!read) return tl::unexpected(read.error());
  for (const std::string& text : seeds) {
    Result<NodeAddress> seed = ParseSeed(text);
    if (!seed) return value.Fault("seeds: " + seed.error().message);
    cluster.seeds.push_back(std::move(*seed));
  }
  if (const Result<void> complete = nodes.Complete(value); !complete)
    return tl::unexpected(complete.error());
  cluster.nodes = std::move(nodes.settings);
  if (cluster.canary && !cluster.nodes.key)
    return value.Fault("a canary needs an access key and a secret key");
  cluster.buckets = buckets.Complete();
  if (!cluster.buckets.declared.empty() && !cluster.nodes.key)
    return value.Fault("\"buckets\" can only be looked at with a key");
  return cluster;
}

Result<Module> ReadModule(const YamlValue& value) {
  Module module;
  NodeKeys nodes;
  const Result<void> read = value.Keys(Joined({
      YamlValue::KeyList{{"allow", Into(module.allow), kAllowHelp, true}},
      KeysOf(nodes),
      YamlValue::KeyList{{"tls", Into(module.settings.tls), "asks by https"}},
  }));
  if (!read) return tl::unexpected(read.error());
  if (const Result<void> complete = nodes.Complete(value); !complete)
    return tl::unexpected(complete.error());
  if (!nodes.settings.ca_file.empty() && !module.settings.tls)
    return value.Fault("\"ca_file\" is for \"tls: true\", which is not said here");
  module.settings.nodes = std::move(nodes.settings);
  return module;
}

}  // namespace

Result<std::optional<S3Key>> CompleteKey(S3Key key) {
  if (key.access_key.empty() && key.secret_key.empty()) return std::nullopt;
  if (key.access_key.empty())
    return Fail(ErrorCode::kParse, "there is a secret key, but no access key");
  if (key.secret_key.empty())
    return Fail(ErrorCode::kParse, "there is an access key, but no secret key");
  return key;
}

Result<void> CompleteCanary(CanarySettings& canary) {
  constexpr auto kShortest = std::chrono::seconds(1);
  if (canary.bucket.empty())
    return Fail(ErrorCode::kParse, "a canary needs \"bucket\": one of its own");
  if (canary.interval < kShortest)
    return Fail(ErrorCode::kParse, "a canary's interval is at least 1s");
  // Two exporters that watch one cluster run on two hosts.
  if (canary.prefix.empty()) canary.prefix = "replicawatch/" + HostName();
  if (canary.prefix.starts_with('/') || canary.prefix.ends_with('/') ||
      canary.prefix.find("//") != std::string::npos)
    return Fail(ErrorCode::kParse, "a canary's prefix has slashes only between its parts");
  return {};
}

Result<void> CheckCaFile(const std::string& path) {
  if (!path.empty() && access(path.c_str(), R_OK) != 0)
    return Fail(ErrorCode::kParse, "can't read the CA file " + path);
  return {};
}

Result<MinioConfig> ReadConfig(const YamlValue& document) {
  MinioConfig config;
  const Result<void> read = document.Keys({
      {"clusters", IntoClusters(config.clusters, ReadCluster), kClustersHelp},
      {"modules", IntoModules(config.modules, config.modules_digest, ReadModule), kModulesHelp},
  });
  if (!read) return tl::unexpected(read.error());
  return config;
}

}  // namespace replicawatch::minio
