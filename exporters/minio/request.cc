#include "exporters/minio/request.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace replicawatch::minio {
namespace {

// What a foreign server sends in place of an empty body is not worth reading.
constexpr size_t kSmall = 16 * 1024;
// One drive takes a kilobyte or two, one server four.
constexpr size_t kLarge = 32 * 1024 * 1024;

// Documents have 20 KB at most, answers on replication some for each node and target.
constexpr size_t kMedium = 8 * 1024 * 1024;

Request Health(const char* target) { return {target, false, kSmall}; }

// A node's page takes 50 kB, that of 100 busy buckets a megabyte or two.
constexpr size_t kMetrics = 16 * 1024 * 1024;
// A refusal in XML.
constexpr size_t kRefusal = 16 * 1024;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// /BUCKET/KEY, in which the key's slashes stay what they are.
std::string ObjectPath(std::string_view bucket, std::string_view key) {
  std::string path = "/" + EncodeQueryValue(bucket);
  while (!key.empty()) path += "/" + EncodeQueryValue(CutAt(key, '/'));
  return path;
}

/// A prefix that does not end in a slash would match the names that begin with it as well.
std::string HealPath(std::string_view bucket, std::string_view prefix) {
  return "/minio/admin/v3/heal" + ObjectPath(bucket, prefix) + "/";
}

Request Metrics(const char* page, Secret token) {
  Request request{std::string("/minio/v2/metrics/") + page, false, kMetrics};
  request.bearer_token = std::move(token);
  return request;
}

}  // namespace

Request AskLive() { return Health("/minio/health/live"); }
Request AskReady() { return Health("/minio/health/ready"); }
Request AskClusterWrite() { return Health("/minio/health/cluster"); }
Request AskClusterRead() { return Health("/minio/health/cluster/read"); }
Request AskMaintenance() { return Health("/minio/health/cluster?maintenance=true"); }

Request AskRequestPool() { return Health("/"); }

Request AskCertificate() {
  Request request = Health("/minio/health/live");
  request.method = HttpMethod::kHead;
  request.any_certificate = true;
  return request;
}

Request AskStorageInfo() { return {"/minio/admin/v3/storageinfo", true, kLarge}; }
Request AskServerInfo() { return {"/minio/admin/v3/info", true, kLarge}; }

Request AskRealtimeMetrics() {
  return {"/minio/admin/v3/metrics?by-host=true&n=1&types=257", true, kLarge};
}

Request PutObject(std::string_view bucket, std::string_view key, std::string content) {
  Request request{ObjectPath(bucket, key), true, kRefusal, HttpMethod::kPut};
  request.body = std::move(content);
  return request;
}

Request GetObject(std::string_view bucket, std::string_view key, size_t max_bytes) {
  return {ObjectPath(bucket, key), true, std::max(max_bytes, kRefusal)};
}

Request HeadObject(std::string_view bucket, std::string_view key) {
  return {ObjectPath(bucket, key), true, kRefusal, HttpMethod::kHead};
}

Request DeleteObject(std::string_view bucket, std::string_view key) {
  return {ObjectPath(bucket, key), true, kRefusal, HttpMethod::kDelete};
}

Request StartHealCheck(std::string_view bucket, std::string_view prefix) {
  Request request{HealPath(bucket, prefix) + "?forceStart=true", true, kRefusal, HttpMethod::kPost};
  request.body = R"({"recursive":true,"dryRun":true,"remove":false,"recreate":false,"scanMode":1,)"
                 R"("updateParity":false,"nolock":true})";
  return request;
}

Request PollHealCheck(std::string_view bucket, std::string_view prefix, std::string_view token) {
  return {HealPath(bucket, prefix) + "?clientToken=" + EncodeQueryValue(token), true, kLarge,
          HttpMethod::kPost};
}

Request AskAccountInfo() { return {"/minio/admin/v3/accountinfo", true, kLarge}; }
Request AskRemoteTargets(const std::string& bucket) {
  return {"/minio/admin/v3/list-remote-targets?bucket=" + bucket + "&type=replication", true,
          kMedium};
}

Request AskBuckets() { return {"/", true, kLarge}; }
Request AskBucketDocument(const std::string& bucket, std::string_view name) {
  return {"/" + bucket + "?" + std::string(name) + "=", true, kMedium};
}
Request AskReplicationMetrics(const std::string& bucket) {
  return {"/" + bucket + "?replication-metrics=2", true, kMedium};
}
Request AskUploads(const std::string& bucket) {
  return {"/" + bucket + "?uploads=", true, kMedium};
}
Request AskUploadsOf(const std::string& bucket, std::string_view key) {
  return {"/" + bucket + "?prefix=" + EncodeQueryValue(key) + "&uploads=", true, kMedium};
}
Request AskNodeMetrics(Secret token) { return Metrics("node", std::move(token)); }
Request AskClusterMetrics(Secret token) { return Metrics("cluster", std::move(token)); }
Request AskBucketMetrics(Secret token) { return Metrics("bucket", std::move(token)); }

std::string EncodeQueryValue(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    if (IsPlain(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

}  // namespace replicawatch::minio
