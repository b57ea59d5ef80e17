#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace replicawatch {

enum class MetricType : uint8_t { kGauge, kCounter, kHistogram, kSummary, kUnknown };

/// The labels that the sink adds by itself, before a family's own.
enum class Scope : uint8_t {
  kExporter,  ///< none: a fact about this process
  kCluster,   ///< service, cluster: the common families and what is joined over all members
  kNode,      ///< cluster, member on /metrics; none on /probe, where `instance` says which node
};

constexpr size_t kMaxLabels = 12;

/// What a family is. All families stand in constexpr tables, from which the encoders,
/// --metrics.list, the lint and the checks of alert rules and dashboards read. Descriptors must
/// outlive every Snapshot made with them.
struct MetricDesc {
  std::string_view name;  ///< as in text format 0.0.4: counters end in _total
  std::string_view help;
  MetricType type = MetricType::kGauge;
  std::string_view unit;  ///< "seconds", "bytes", "ratio" or empty
  Scope scope = Scope::kCluster;
  std::array<std::string_view, kMaxLabels>
      labels{};             ///< own label names; the first empty one ends the list
  std::string_view source;  ///< server command and field that the value comes from

  constexpr size_t label_count() const {
    size_t count = 0;
    while (count < labels.size() && !labels[count].empty()) ++count;
    return count;
  }
};

using LabelNames = decltype(MetricDesc::labels);
using MetricTable = std::span<const MetricDesc>;

/// The unit that a name ends in, before `_total`; empty when it has none.
constexpr std::string_view UnitOf(std::string_view name) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  for (const std::string_view unit : {"_bytes", "_seconds", "_ratio"}) {
    if (name.ends_with(unit)) return unit.substr(1);
  }
  return "";
}

std::string_view MetricTypeName(MetricType type);

/// The names of the labels that the scope adds.
std::span<const std::string_view> ScopeLabels(Scope scope);

}  // namespace replicawatch
