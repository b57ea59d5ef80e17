#pragma once

#include <string_view>

#include "common/metrics/desc.h"

namespace replicawatch::mongo {

constexpr LabelNames kOfGroup = {"group"};
constexpr LabelNames kOfMember = {"group", "member"};

/// A family of the set or of its members. What ends in `_total` is a counter, all else a gauge.
constexpr MetricDesc Family(std::string_view name, std::string_view help, std::string_view source,
                            const LabelNames& labels = kOfMember) {
  const MetricType type = name.ends_with("_total") ? MetricType::kCounter : MetricType::kGauge;
  return {name, help, type, UnitOf(name), Scope::kCluster, labels, source};
}

}  // namespace replicawatch::mongo
