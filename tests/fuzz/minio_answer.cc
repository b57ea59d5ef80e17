// Answers of a MinIO node: the admin API's JSON, refusals in JSON and XML, endpoints, headers.

#include "exporters/minio/parse/endpoint.h"
#include "exporters/minio/parse/health.h"
#include "exporters/minio/parse/realtime_metrics.h"
#include "exporters/minio/parse/refusal.h"
#include "exporters/minio/parse/server_info.h"
#include "exporters/minio/parse/storage_info.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  constexpr size_t kMax = 10;
  if (const auto info = minio::ParseStorageInfo(text, kMax))
    fuzz::Require(info->drives.size() <= kMax, "no more drives than allowed");
  (void)minio::ParseServerInfo(text, kMax);
  if (const auto metrics = minio::ParseRealtimeMetrics(text, kMax))
    fuzz::Require(metrics->nodes.size() <= kMax, "no more nodes than allowed");
  (void)minio::ParseRefusal(403, text);
  (void)minio::ParseSeed(text);
  (void)minio::ParseDriveEndpoint(text);
  (void)minio::ParseLiveness(200, {{"X-Amz-Request-Id", std::string(text)}});
  return 0;
}
