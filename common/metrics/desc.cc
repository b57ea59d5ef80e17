#include "common/metrics/desc.h"

namespace replicawatch {
namespace {

constexpr std::array<std::string_view, 2> kClusterLabels = {"service", "cluster"};
constexpr std::array<std::string_view, 2> kNodeLabels = {"cluster", "member"};

}  // namespace

std::string_view MetricTypeName(MetricType type) {
  switch (type) {
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kCounter:
      return "counter";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kUnknown:
      return "untyped";
  }
  return "untyped";
}

std::span<const std::string_view> ScopeLabels(Scope scope) {
  switch (scope) {
    case Scope::kExporter:
      return {};
    case Scope::kCluster:
      return kClusterLabels;
    case Scope::kNode:
      return kNodeLabels;
  }
  return {};
}

}  // namespace replicawatch
