#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kExists,
  kDrift,
  kCreated,
  kRecreations,
  kUsage,
  kObjects,
  kUploads,
  kUploadsUnconfirmed,
  kOldestUpload,
  kQueuedObjects,
  kQueuedBytes,
  kFailedObjects,
  kFailedBytes,
  kTargetOnline,
  kTargetLatency,
  kUnexpectedCount,
  kUnexpected,
  kLeftOut,
  kRefused,
  kAge,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_bucket_exists",
     "1 if the declared bucket is there.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket"},
     "admin accountinfo: Buckets.name; GET / and GET /BUCKET?location= where it does not tell"},
    {"replicawatch_minio_bucket_drift",
     "1 if this aspect of the bucket is not as declared.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket", "aspect"},
     "admin accountinfo: Buckets.details; GET /BUCKET?policy= and the like"},
    {"replicawatch_minio_bucket_created_timestamp_seconds",
     "When the bucket was made; a later time than before: it was deleted and made anew.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {"bucket"},
     "admin accountinfo: Buckets.created; GET /: CreationDate"},
    {"replicawatch_minio_bucket_recreations_total",
     "How often the bucket was seen to have been made anew since the exporter's start.",
     MetricType::kCounter,
     "",
     Scope::kCluster,
     {"bucket"},
     "changes of the time of creation"},
    {"replicawatch_minio_bucket_usage_bytes",
     "Size of the bucket's objects, as of the scanner's last round.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {"bucket"},
     "admin accountinfo: Buckets.size"},
    {"replicawatch_minio_bucket_objects",
     "Objects of the bucket, as of the scanner's last round.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket"},
     "admin accountinfo: Buckets.objects"},
    {"replicawatch_minio_bucket_uploads",
     "Multipart uploads that were begun and neither completed nor aborted, as the drives have "
     "them.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket"},
     "GET /BUCKET?uploads= of each node, then GET /BUCKET?prefix=KEY&uploads="},
    {"replicawatch_minio_bucket_uploads_unconfirmed",
     "Keys with multipart uploads that are not counted, as there are too many of them.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket"},
     "GET /BUCKET?uploads= of each node"},
    {"replicawatch_minio_bucket_oldest_upload_timestamp_seconds",
     "When the oldest of the multipart uploads was begun.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {"bucket"},
     "GET /BUCKET?prefix=KEY&uploads=: Upload.Initiated"},
    {"replicawatch_minio_bucket_replication_queued_objects",
     "Objects that wait for replication, over all nodes and targets.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket"},
     "GET /BUCKET?replication-metrics=2: queueStats.nodes.queueStats.curr.count"},
    {"replicawatch_minio_bucket_replication_queued_bytes",
     "Size of the objects that wait for replication, over all nodes and targets.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {"bucket"},
     "GET /BUCKET?replication-metrics=2: queueStats.nodes.queueStats.curr.bytes"},
    {"replicawatch_minio_bucket_replication_failed_objects",
     "Replications to the target that failed within the last hour.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket", "target"},
     "GET /BUCKET?replication-metrics=2: currStats.Stats.failed.lastHour.count"},
    {"replicawatch_minio_bucket_replication_failed_bytes",
     "Size of the replications to the target that failed within the last hour.",
     kGauge,
     "bytes",
     Scope::kCluster,
     {"bucket", "target"},
     "GET /BUCKET?replication-metrics=2: currStats.Stats.failed.lastHour.bytes"},
    {"replicawatch_minio_bucket_replication_target_online",
     "1 if all nodes that had something to send reach the target of the bucket's replication.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket", "target", "endpoint", "target_bucket"},
     "admin list-remote-targets: isOnline"},
    {"replicawatch_minio_bucket_replication_target_latency_seconds",
     "Latency of the target, as the node that is furthest from it last measured it.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {"bucket", "target"},
     "admin list-remote-targets: latency.curr"},
    {"replicawatch_minio_buckets_unexpected",
     "Buckets that are there, but were not declared.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin accountinfo: Buckets.name"},
    {"replicawatch_minio_bucket_unexpected",
     "1 for a bucket that was not declared; the first of them by name.",
     kGauge,
     "",
     Scope::kCluster,
     {"bucket"},
     "admin accountinfo: Buckets.name"},
    {"replicawatch_minio_buckets_left_out",
     "Declared buckets that are not looked at, as there are more than bucket_survey.most_buckets.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "the configuration"},
    {"replicawatch_minio_buckets_refused",
     "Declared buckets of which this may not, or can't, be read.",
     kGauge,
     "",
     Scope::kCluster,
     {"topic"},
     "answers of status 403 and the like"},
    {"replicawatch_minio_bucket_age_seconds",
     "How old what is known of the buckets is: the list of them, quota and usage, their documents.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {"about"},
     "time since the last good answer, or the beginning of the last complete round"},
}};

void EmitReplication(const BucketFact& bucket, SampleSink& sink) {
  if (bucket.replication) {
    sink.Add(kTable[kQueuedObjects], bucket.replication->queued_objects, {bucket.name});
    sink.Add(kTable[kQueuedBytes], bucket.replication->queued_bytes, {bucket.name});
    for (const TargetFailures& target : bucket.replication->targets) {
      sink.Add(kTable[kFailedObjects], target.objects, {bucket.name, target.arn});
      sink.Add(kTable[kFailedBytes], target.bytes, {bucket.name, target.arn});
    }
  }
  for (const RemoteTarget& target : bucket.targets) {
    if (target.online) {
      sink.Add(kTable[kTargetOnline], *target.online ? 1 : 0,
               {bucket.name, target.arn, target.endpoint, target.bucket});
    }
    sink.Add(kTable[kTargetLatency], target.latency_seconds, {bucket.name, target.arn});
  }
}

void EmitBucket(const BucketFact& bucket, SampleSink& sink) {
  if (bucket.exists) sink.Add(kTable[kExists], *bucket.exists ? 1 : 0, {bucket.name});
  sink.Add(kTable[kCreated], bucket.created_seconds, {bucket.name});
  sink.Add(kTable[kRecreations], bucket.recreations, {bucket.name});
  for (const auto& [aspect, differs] : bucket.drift) {
    sink.Add(kTable[kDrift], differs ? 1 : 0,
             {bucket.name, kBucketAspectNames[static_cast<size_t>(aspect)]});
  }
  sink.Add(kTable[kUsage], bucket.bytes, {bucket.name});
  sink.Add(kTable[kObjects], bucket.objects, {bucket.name});
  if (bucket.uploads) {
    sink.Add(kTable[kUploads], static_cast<double>(*bucket.uploads), {bucket.name});
    sink.Add(kTable[kUploadsUnconfirmed], static_cast<double>(bucket.unconfirmed_keys),
             {bucket.name});
  }
  sink.Add(kTable[kOldestUpload], bucket.oldest_upload_seconds, {bucket.name});
  EmitReplication(bucket, sink);
}

}  // namespace

MetricTable BucketMetrics() { return kTable; }

void EmitBuckets(const View& view, SampleSink& sink) {
  if (!view.buckets) return;
  for (const BucketFact& bucket : view.buckets->buckets) EmitBucket(bucket, sink);
  if (view.buckets->unexpected)
    sink.Add(kTable[kUnexpectedCount], static_cast<double>(*view.buckets->unexpected));
  for (const std::string& name : view.buckets->unexpected_names)
    sink.Add(kTable[kUnexpected], 1, {name});
  sink.Add(kTable[kLeftOut], static_cast<double>(view.buckets->left_out));
  for (const auto& [topic, count] : view.buckets->refused)
    sink.Add(kTable[kRefused], static_cast<double>(count), {topic});
  sink.Add(kTable[kAge], view.bucket_ages.list, {"list"});
  sink.Add(kTable[kAge], view.bucket_ages.account, {"account"});
  sink.Add(kTable[kAge], view.bucket_ages.documents, {"documents"});
}

}  // namespace replicawatch::minio
