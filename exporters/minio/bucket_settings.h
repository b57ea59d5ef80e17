#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/deadline.h"
#include "exporters/minio/parse/bucket_documents.h"

namespace replicawatch::minio {

/// What of a bucket can be declared.
enum class BucketAspect : uint8_t {
  kVersioning,
  kLock,
  kQuota,
  kPolicy,
  kLifecycle,
  kEncryption,
  kReplication,
  kNotifications,
};
constexpr size_t kBucketAspects = 8;

/// Keys of the file and label values, in the order of BucketAspect.
constexpr std::array<std::string_view, kBucketAspects> kBucketAspectNames = {
    "versioning", "lock",       "quota",       "policy",
    "lifecycle",  "encryption", "replication", "notifications"};

struct DeclaredLock {
  bool enabled = false;
  std::optional<Retention> retention;  ///< absent: whichever
};

struct DeclaredDocument {
  bool any = false;       ///< there has to be one, whatever it says
  std::string canonical;  ///< empty: none
};

/// How a bucket ought to be. What is absent is neither asked nor compared.
struct DeclaredBucket {
  std::string name;
  std::optional<Versioning> versioning;
  std::optional<DeclaredLock> lock;
  std::optional<double> quota_bytes;  ///< 0: none
  std::map<BucketAspect, DeclaredDocument> documents;
};

struct BucketSettings {
  std::vector<DeclaredBucket> declared;  ///< those that are looked at, in the order of the file
  std::set<std::string, std::less<>> not_looked_at;  ///< the names of those beyond the limit
  bool unexpected = true;                            ///< publish buckets that are not declared
  size_t most_unexpected = 20;                       ///< of which this many by name
  bool uploads = true;                               ///< look for multipart uploads
  /// From the beginning of one round through policies and other documents to the next. The list of
  /// all buckets is read at least once a minute.
  Duration interval = std::chrono::minutes(10);
};

}  // namespace replicawatch::minio
