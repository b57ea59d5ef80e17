#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporters/minio/bucket_settings.h"

namespace replicawatch::minio {

/// How a bucket is, as far as that is known.
struct BucketState {
  std::optional<Versioning> versioning;
  std::optional<bool> locking;
  /// Known when the outer one is there; the inner one is absent when objects are not held by
  /// default.
  std::optional<std::optional<Retention>> retention;
  std::optional<double> quota_bytes;
  std::map<BucketAspect, std::string> documents;  ///< canonical; empty: there is none
};

/// The aspects that are both declared and known, in the order of BucketAspect; true: it differs.
/// Pure.
std::vector<std::pair<BucketAspect, bool>> CompareBucket(const DeclaredBucket& declared,
                                                         const BucketState& state);

}  // namespace replicawatch::minio
