#include "exporters/minio/request.h"

namespace replicawatch::minio {
namespace {

// What a foreign server sends in place of an empty body is not worth reading.
constexpr size_t kSmall = 16 * 1024;
// One drive takes a kilobyte or two, one server four.
constexpr size_t kLarge = 32 * 1024 * 1024;

Request Health(const char* target) { return {target, false, kSmall}; }

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
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
