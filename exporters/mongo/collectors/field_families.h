#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/metrics/desc.h"
#include "exporters/mongo/parse/walk.h"

namespace replicawatch::mongo {

/// mongodb_exporter's name for a field of an answer: `serverStatus.opcounters.insert` is
/// `mongodb_ss_opcounters` with the label legacy_op_type="insert".
struct FieldName {
  std::string name;
  std::string_view label;  ///< of which the field's key is the value; empty: none
};
FieldName NameField(std::string_view path, std::string_view parent);

/// The families of fields that servers have, which no table can list: made when a field is first
/// seen, and kept, since snapshots point to them. Bounded, so that no answer can fill the memory.
/// Thread-safe.
class FieldFamilies {
 public:
  static constexpr size_t kMost = 20'000;

  /// Null when there are too many.
  const MetricDesc* Find(const WalkedNumber& number);

 private:
  struct Family {
    std::string name;
    std::string help;
    MetricDesc desc;
  };
  /// Of the end alone, in which paths differ most.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view path) const noexcept {
      constexpr size_t kEnd = 24;
      return std::hash<std::string_view>()(path.substr(path.size() - std::min(path.size(), kEnd))) +
             path.size();
    }
  };

  std::shared_mutex mutex_;
  // Guarded by mutex_: by path, and by name, which several paths may share.
  std::unordered_map<std::string, const MetricDesc*, Hash, std::equal_to<>> by_path_;
  std::unordered_map<std::string, std::unique_ptr<Family>> by_name_;
};

}  // namespace replicawatch::mongo
