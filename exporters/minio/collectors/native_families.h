#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/metrics/desc.h"
#include "common/metrics/page_reader.h"

namespace replicawatch::minio {

/// The families of MinIO's own pages, which no table can list: made when a sample of that name with
/// those labels is first seen, and kept, since snapshots point to them. Bounded, so that no page
/// can fill the memory. Thread-safe.
class NativeFamilies {
 public:
  static constexpr size_t kMost = 5'000;

  /// Null when there are too many, or when its labels can't stand beside those of the scope. A
  /// label named like one of the scope gets `exported_` before its name, as Prometheus does it.
  const MetricDesc* Find(const PageSample& sample, Scope scope);

 private:
  struct Family {
    std::string name;
    std::string help;
    std::string labels[kMaxLabels];
    MetricDesc desc;
    bool usable = true;
  };

  static std::unique_ptr<Family> Make(const PageSample& sample, Scope scope);

  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Family>> families_;  // guarded by mutex_
};

}  // namespace replicawatch::minio
