// Answers of a MinIO node: the admin API's JSON, refusals in JSON and XML, endpoints, headers.

#include "exporters/minio/parse/bucket_documents.h"
#include "exporters/minio/parse/bucket_lists.h"
#include "exporters/minio/parse/endpoint.h"
#include "exporters/minio/parse/health.h"
#include "exporters/minio/parse/realtime_metrics.h"
#include "exporters/minio/parse/refusal.h"
#include "exporters/minio/parse/replication.h"
#include "exporters/minio/parse/server_info.h"
#include "exporters/minio/parse/storage_info.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

/// What a node tells of its buckets.
void ParseBuckets(std::string_view text, size_t most) {
  if (const auto list = minio::ParseAccountInfo(text, most))
    fuzz::Require(list->size() <= most, "no more buckets than allowed");
  if (const auto list = minio::ParseBucketList(text, most))
    fuzz::Require(list->size() <= most, "no more buckets than allowed");
  if (const auto uploads = minio::ParseUploads(text, most))
    fuzz::Require(uploads->size() <= most, "no more uploads than allowed");
  if (const auto targets = minio::ParseRemoteTargets(text, most))
    fuzz::Require(targets->size() <= most, "no more targets than allowed");
  (void)minio::ParseReplicationMetrics(text);
  (void)minio::CanonicalPolicy(text);
  for (const char* root : {"LifecycleConfiguration", "ReplicationConfiguration",
                           "NotificationConfiguration", "ServerSideEncryptionConfiguration"})
    (void)minio::CanonicalXml(text, root);
  (void)minio::ParseObjectLock(text);
  (void)minio::ParseVersioning(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  constexpr size_t kMax = 10;
  if (const auto info = minio::ParseStorageInfo(text, kMax))
    fuzz::Require(info->drives.size() <= kMax, "no more drives than allowed");
  (void)minio::ParseServerInfo(text, kMax);
  if (const auto metrics = minio::ParseRealtimeMetrics(text, kMax))
    fuzz::Require(metrics->nodes.size() <= kMax, "no more nodes than allowed");
  ParseBuckets(text, kMax);
  (void)minio::ParseRefusal(403, text);
  (void)minio::ParseSeed(text);
  (void)minio::ParseDriveEndpoint(text);
  const minio::Headers headers = {{"x-minio-write-quorum", std::string(text)}};
  (void)minio::ParseClusterHealth(503, headers);
  (void)minio::ParseMaintenance(412, headers);
  (void)minio::ParseReady(503, headers);
  (void)minio::ParseLiveness(200, {{"X-Amz-Request-Id", std::string(text)}});
  return 0;
}
