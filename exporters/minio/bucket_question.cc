#include "exporters/minio/bucket_question.h"

#include <array>
#include <utility>

#include "exporters/minio/parse/refusal.h"

namespace replicawatch::minio {
namespace {

using Kind = BucketQuestion::Kind;

struct Document {
  std::string_view query;
  std::string_view root;    ///< of the XML; empty: it is none
  std::string_view absent;  ///< the code with which the server says that there is none
};

// In the order of BucketAspect. A quota is in accountinfo alone: its own call wants a further
// right.
constexpr std::array<Document, kBucketAspects> kDocuments = {{
    {"versioning", "VersioningConfiguration", ""},
    {"object-lock", "ObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"},
    {"", "", ""},
    {"policy", "", "NoSuchBucketPolicy"},
    {"lifecycle", "LifecycleConfiguration", "NoSuchLifecycleConfiguration"},
    {"encryption", "ServerSideEncryptionConfiguration",
     "ServerSideEncryptionConfigurationNotFoundError"},
    {"replication", "ReplicationConfiguration", "ReplicationConfigurationNotFoundError"},
    {"notification", "NotificationConfiguration", ""},
}};

const Document& DocumentOf(BucketAspect aspect) { return kDocuments[static_cast<size_t>(aspect)]; }

/// Takes over a parsed answer by a function of BucketKnowledge.
template <class T, class Take>
Result<void> Hand(Result<T> parsed, Take take) {
  if (!parsed) return tl::unexpected(parsed.error());
  take(std::move(*parsed));
  return {};
}

Result<void> TakeDocument(const BucketQuestion& question, const std::string& body,
                          BucketKnowledge& known) {
  const size_t bucket = question.bucket;
  if (question.aspect == BucketAspect::kVersioning) {
    return Hand(ParseVersioning(body),
                [&](Versioning versioning) { known.TakeVersioning(bucket, versioning); });
  }
  if (question.aspect == BucketAspect::kLock) {
    return Hand(ParseObjectLock(body),
                [&](const ObjectLock& lock) { known.TakeLock(bucket, lock); });
  }
  return Hand(CanonicalDocument(question.aspect, body), [&](std::string canonical) {
    known.TakeDocument(bucket, question.aspect, std::move(canonical));
  });
}

void TakeAbsence(const BucketQuestion& question, BucketKnowledge& known) {
  if (question.aspect == BucketAspect::kLock) {
    known.TakeLock(question.bucket, ObjectLock());
  } else {
    known.TakeDocument(question.bucket, question.aspect, "");
  }
}

/// An answer of status 404.
Result<void> TakeNotFound(const BucketQuestion& question, const FetchReply& reply,
                          BucketKnowledge& known) {
  const std::string code = FindRefusalCode(reply.body);
  if (code == "NoSuchBucket") {
    known.TakeGone(question.bucket);
    return {};
  }
  const std::string_view absent = DocumentOf(question.aspect).absent;
  if (question.kind == Kind::kDocument && !absent.empty() && code == absent) {
    TakeAbsence(question, known);
    return {};
  }
  return tl::unexpected(ParseRefusal(reply.status, reply.body));
}

}  // namespace

Result<std::string> CanonicalDocument(BucketAspect aspect, std::string_view text) {
  if (aspect == BucketAspect::kPolicy) return CanonicalPolicy(text);
  return CanonicalXml(text, DocumentOf(aspect).root);
}

std::string_view TopicOf(const BucketQuestion& question) {
  switch (question.kind) {
    case Kind::kAccount:
    case Kind::kList:
      return "list";
    case Kind::kExistence:
      return "existence";
    case Kind::kDocument:
      return kBucketAspectNames[static_cast<size_t>(question.aspect)];
    case Kind::kReplication:
      return "replication_metrics";
    case Kind::kTargets:
      return "replication_targets";
    case Kind::kUploads:
    case Kind::kUploadsOf:
      return "uploads";
  }
  return "list";
}

Request RequestFor(const BucketQuestion& question, const std::string& bucket) {
  switch (question.kind) {
    case Kind::kAccount:
      return AskAccountInfo();
    case Kind::kList:
      return AskBuckets();
    case Kind::kExistence:
      return AskBucketDocument(bucket, "location");
    case Kind::kDocument:
      return AskBucketDocument(bucket, DocumentOf(question.aspect).query);
    case Kind::kReplication:
      return AskReplicationMetrics(bucket);
    case Kind::kTargets:
      return AskRemoteTargets(bucket);
    case Kind::kUploads:
      return AskUploads(bucket);
    case Kind::kUploadsOf:
      return AskUploadsOf(bucket, question.key);
  }
  return AskBuckets();
}

Result<void> TakeBucketAnswer(const BucketQuestion& question, const FetchReply& reply,
                              BucketKnowledge& known) {
  if (reply.status == 404) return TakeNotFound(question, reply, known);
  if (reply.status != 200) return tl::unexpected(ParseRefusal(reply.status, reply.body));
  const size_t bucket = question.bucket;
  switch (question.kind) {
    case Kind::kExistence:
      known.TakePresent(bucket);
      return {};
    case Kind::kDocument:
      return TakeDocument(question, reply.body, known);
    case Kind::kReplication:
      return Hand(ParseReplicationMetrics(reply.body), [&](ReplicationMetrics metrics) {
        known.TakeReplication(bucket, std::move(metrics));
      });
    case Kind::kTargets:
      return Hand(ParseRemoteTargets(reply.body), [&](std::vector<RemoteTarget> targets) {
        known.TakeTargets(bucket, question.node, std::move(targets));
      });
    default:
      return Fail(ErrorCode::kInternal, "no question about one bucket");
  }
}

void ForgetAnswer(const BucketQuestion& question, BucketKnowledge& known) {
  switch (question.kind) {
    case Kind::kAccount:
    case Kind::kList:
      return;
    case Kind::kExistence:
      return known.ForgetExistence(question.bucket);
    case Kind::kDocument:
      return known.Forget(question.bucket, question.aspect);
    case Kind::kReplication:
      return known.ForgetReplication(question.bucket);
    case Kind::kTargets:
      return known.ForgetTargets(question.bucket);
    case Kind::kUploads:
    case Kind::kUploadsOf:
      return known.ForgetUploads(question.bucket);
  }
}

}  // namespace replicawatch::minio
