#include "exporters/minio/bucket_drift.h"

namespace replicawatch::minio {
namespace {

/// Nothing while what is known does not decide it.
std::optional<bool> LockDiffers(const DeclaredLock& declared, const BucketState& state) {
  if (!state.locking) return std::nullopt;
  if (*state.locking != declared.enabled) return true;
  if (!declared.enabled || !declared.retention) return false;
  if (!state.retention) return std::nullopt;
  return *state.retention != declared.retention;
}

bool DocumentDiffers(const DeclaredDocument& declared, const std::string& canonical) {
  return declared.any ? canonical.empty() : canonical != declared.canonical;
}

}  // namespace

std::vector<std::pair<BucketAspect, bool>> CompareBucket(const DeclaredBucket& declared,
                                                         const BucketState& state) {
  std::vector<std::pair<BucketAspect, bool>> drift;
  if (declared.versioning && state.versioning)
    drift.emplace_back(BucketAspect::kVersioning, *declared.versioning != *state.versioning);
  if (declared.lock) {
    if (const auto differs = LockDiffers(*declared.lock, state))
      drift.emplace_back(BucketAspect::kLock, *differs);
  }
  if (declared.quota_bytes && state.quota_bytes)
    drift.emplace_back(BucketAspect::kQuota, *declared.quota_bytes != *state.quota_bytes);
  for (const auto& [aspect, document] : declared.documents) {
    const auto known = state.documents.find(aspect);
    if (known != state.documents.end())
      drift.emplace_back(aspect, DocumentDiffers(document, known->second));
  }
  return drift;
}

}  // namespace replicawatch::minio
