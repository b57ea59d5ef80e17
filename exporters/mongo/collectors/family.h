#pragma once

#include <string_view>

#include "common/metrics/desc.h"

namespace replicawatch::mongo {

using LabelNames = decltype(MetricDesc::labels);

constexpr LabelNames kOfGroup = {"group"};
constexpr LabelNames kOfMember = {"group", "member"};

/// The unit that a name ends in, before `_total`; empty when it has none.
constexpr std::string_view UnitOf(std::string_view name) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  for (const std::string_view unit : {"_bytes", "_seconds", "_ratio"}) {
    if (name.ends_with(unit)) return unit.substr(1);
  }
  return "";
}

/// A family of the set or of its members. What ends in `_total` is a counter, all else a gauge.
constexpr MetricDesc Family(std::string_view name, std::string_view help, std::string_view source,
                            const LabelNames& labels = kOfMember) {
  const MetricType type = name.ends_with("_total") ? MetricType::kCounter : MetricType::kGauge;
  return {name, help, type, UnitOf(name), Scope::kCluster, labels, source};
}

}  // namespace replicawatch::mongo
