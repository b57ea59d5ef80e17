#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/net/http_client.h"

namespace replicawatch::minio {

/// What is asked of a node: a path with its query, in the canonical form that SigV4 wants.
struct Request {
  std::string target;
  bool is_signed = true;
  size_t max_bytes = 0;  ///< of the answer's body
  HttpMethod method = HttpMethod::kGet;
  std::string body{};
  Secret bearer_token{};         ///< instead of a signature
  bool any_certificate = false;  ///< see Fetch
};

// Without a key. Health answers have no body.
Request AskLive();          ///< GET /minio/health/live
Request AskReady();         ///< GET /minio/health/ready
Request AskClusterWrite();  ///< GET /minio/health/cluster
Request AskClusterRead();   ///< GET /minio/health/cluster/read
Request AskMaintenance();   ///< GET /minio/health/cluster?maintenance=true
/// GET / as nobody: the refusal tells how many requests the node takes. It counts as a refused
/// request in the server's own statistics.
Request AskRequestPool();
/// HEAD /minio/health/live on a connection of its own, whatever certificate the node shows.
Request AskCertificate();

// The admin API.
Request AskStorageInfo();  ///< GET /minio/admin/v3/storageinfo
Request AskServerInfo();   ///< GET /minio/admin/v3/info
/// GET /minio/admin/v3/metrics: the scanner and the connections between nodes, of each node. The
/// server gives a silent peer half a second.
Request AskRealtimeMetrics();

// The S3 API. Keys may hold any character.
Request PutObject(std::string_view bucket, std::string_view key, std::string content);
Request GetObject(std::string_view bucket, std::string_view key, size_t max_bytes);
Request HeadObject(std::string_view bucket, std::string_view key);
Request DeleteObject(std::string_view bucket, std::string_view key);

/// POST /minio/admin/v3/heal/BUCKET/PREFIX: begins a run that only looks and heals nothing.
Request StartHealCheck(std::string_view bucket, std::string_view prefix);
/// POST to the same with its token: what it has found since the last question.
Request PollHealCheck(std::string_view bucket, std::string_view prefix, std::string_view token);
Request AskAccountInfo();  ///< GET /minio/admin/v3/accountinfo
/// GET /minio/admin/v3/list-remote-targets?bucket=BUCKET&type=replication
Request AskRemoteTargets(const std::string& bucket);

// The S3 API. Names of buckets need no encoding.
Request AskBuckets();  ///< GET /
/// GET /BUCKET?NAME=, one of the bucket's documents.
Request AskBucketDocument(const std::string& bucket, std::string_view name);
Request AskReplicationMetrics(const std::string& bucket);  ///< GET /BUCKET?replication-metrics=2
/// GET /BUCKET?uploads=, those that the node asked has in its memory.
Request AskUploads(const std::string& bucket);
/// GET /BUCKET?prefix=KEY&uploads=, those of one key, from the drives.
Request AskUploadsOf(const std::string& bucket, std::string_view key);

// MinIO's own metrics (v2); an empty token is none.
Request AskNodeMetrics(Secret token);     ///< GET /minio/v2/metrics/node
Request AskClusterMetrics(Secret token);  ///< GET /minio/v2/metrics/cluster
Request AskBucketMetrics(Secret token);   ///< GET /minio/v2/metrics/bucket

/// Percent-encoded as a query's value has to be for the signature: all but letters, digits and
/// -._~, with upper-case hexadecimal digits.
std::string EncodeQueryValue(std::string_view value);

}  // namespace replicawatch::minio
