#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/metrics/sink.h"
#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/parse/walk.h"

namespace replicawatch::mongo {

/// mongodb_exporter's name for a field of an answer: `serverStatus.opcounters.insert` is
/// `mongodb_ss_opcounters` with legacy_op_type="insert".
struct FieldName {
  std::string name;
  std::string help;            ///< what the family is of: the path, less the label's value
  std::string_view label;      ///< empty: none
  std::string_view value;      ///< of the label, a part of the path
  bool value_is_last = false;  ///< the field's key is the value
};
FieldName NameField(std::string_view path, std::string_view parent);

/// Labels that all fields of a document get, before their own.
struct OuterLabels {
  LabelNames names = {};
  std::array<std::string_view, 3> values = {};
};

/// The families of fields that servers have, which no table can list: made when a field is first
/// seen, and kept, since snapshots point to them. Bounded, so that no answer can fill the memory.
/// Thread-safe.
class FieldFamilies {
 public:
  static constexpr size_t kMost = 20'000;

  struct Field {
    const MetricDesc* desc = nullptr;  ///< null when there are too many families
    std::string_view value;            ///< of the label that comes from the path, a part of it
    bool has_value = false;
  };
  /// `outer`: the labels that come first; the same for all fields of a root.
  Field Find(const WalkedNumber& number, const LabelNames& outer = {});

 private:
  struct Family {
    std::string name;
    std::string help;
    MetricDesc desc;
  };
  struct Known {
    const MetricDesc* desc = nullptr;
    bool has_value = false;
    uint16_t value_begin = 0;  ///< in the path
    uint16_t value_size = 0;
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
  using Paths = std::unordered_map<std::string, Known, Hash, std::equal_to<>>;

  const MetricDesc* FamilyOf(const FieldName& field, const WalkedNumber& number,
                             const LabelNames& outer);

  std::shared_mutex mutex_;
  // All guarded by mutex_:
  Paths by_path_;
  /// Documents whose keys are values of a label: not each key is kept, there may be ever new ones.
  Paths by_parent_;
  std::unordered_map<std::string, std::unique_ptr<Family>> by_name_;
};

/// Adds all numbers of a document, named after their paths, which begin with `root`:
/// "serverStatus.".
void EmitFields(const Document& document, std::string_view root, SampleSink& sink,
                const OuterLabels& outer = {}, const WalkLimits& limits = {});

/// The beginnings of their names, for --metrics.list: "mongodb_ss_*".
MetricTable FieldPatterns();

}  // namespace replicawatch::mongo
