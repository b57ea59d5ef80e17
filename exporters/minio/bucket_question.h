#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/net/http_client.h"
#include "exporters/minio/bucket_knowledge.h"
#include "exporters/minio/request.h"

namespace replicawatch::minio {

/// One question of a bucket survey.
struct BucketQuestion {
  enum class Kind : uint8_t {
    kAccount,      ///< all buckets, by accountinfo
    kList,         ///< all buckets, by ListBuckets
    kExistence,    ///< whether a bucket is there that no list has
    kDocument,     ///< one aspect, by the document of S3
    kReplication,  ///< what waits for replication
    kTargets,      ///< the targets of replication, as one node sees them
    kUploads,      ///< multipart uploads that one node knows of
    kUploadsOf,    ///< those of one key, on the drives
  };
  Kind kind = Kind::kAccount;
  size_t bucket = 0;      ///< its index in the settings
  BucketAspect aspect{};  ///< of kDocument
  std::string node{};     ///< of kTargets and kUploads
  std::string key{};      ///< of kUploadsOf

  bool of_all() const { return kind == Kind::kAccount || kind == Kind::kList; }
  bool of_node() const { return kind == Kind::kTargets || kind == Kind::kUploads; }
  bool about_uploads() const { return kind == Kind::kUploads || kind == Kind::kUploadsOf; }
};

/// The text of a policy or of another document, as it is compared; empty when it says nothing.
Result<std::string> CanonicalDocument(BucketAspect aspect, std::string_view text);

/// What is asked, as a label value: the aspect, or existence, replication_metrics,
/// replication_targets, uploads; `list` for questions of all buckets.
std::string_view TopicOf(const BucketQuestion& question);

Request RequestFor(const BucketQuestion& question, const std::string& bucket);

/// Puts an answer of any status but those of uploads and lists into what is known. An error when
/// nothing follows from it. Pure.
Result<void> TakeBucketAnswer(const BucketQuestion& question, const FetchReply& reply,
                              BucketKnowledge& known);

/// What the question would have told is not known any more: it may not be asked.
void ForgetAnswer(const BucketQuestion& question, BucketKnowledge& known);

}  // namespace replicawatch::minio
