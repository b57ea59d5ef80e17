#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/metrics/sink.h"

namespace replicawatch {

/// What a flag, a query parameter and the help need to know of a collector.
struct CollectorInfo {
  std::string_view name;
  std::string_view help;
  bool default_on = true;
};

/// A choice out of an exporter's table of collectors, by position in it.
class CollectorSet {
 public:
  CollectorSet() = default;
  void Add(size_t index) { bits_ |= uint64_t{1} << index; }
  void Remove(size_t index) { bits_ &= ~(uint64_t{1} << index); }
  bool Has(size_t index) const { return (bits_ >> index & 1) != 0; }
  CollectorSet With(CollectorSet others) const { return CollectorSet(bits_ | others.bits_); }
  CollectorSet Without(CollectorSet others) const { return CollectorSet(bits_ & ~others.bits_); }
  CollectorSet Among(CollectorSet others) const { return CollectorSet(bits_ & others.bits_); }
  uint64_t bits() const { return bits_; }

 private:
  explicit CollectorSet(uint64_t bits) : bits_(bits) {}

  uint64_t bits_ = 0;
};

/// Every exporter has the collector `deployment` first: the common families that come from the
/// joined view.
constexpr size_t kDeploymentCollector = 0;
constexpr CollectorInfo kDeploymentCollectorInfo = {
    "deployment", "the joined view of the whole deployment: the common families", true};

/// One row of an exporter's table. View is the exporter's joined view; `emit` is pure.
template <class View>
struct Collector {
  CollectorInfo info;
  MetricTable metrics;
  void (*emit)(const View& view, SampleSink& sink);
};

/// The row of the collector `deployment`: what it publishes is the same for all exporters, see
/// PublishView().
template <class View>
Collector<View> DeploymentCollector() {
  return {kDeploymentCollectorInfo, {}, nullptr};
}

template <class View>
std::vector<CollectorInfo> CollectorInfos(std::span<const Collector<View>> table) {
  std::vector<CollectorInfo> infos;
  for (const Collector<View>& collector : table) infos.push_back(collector.info);
  return infos;
}

template <class View>
std::vector<MetricTable> CollectorMetrics(std::span<const Collector<View>> table) {
  std::vector<MetricTable> tables;
  for (const Collector<View>& collector : table) tables.push_back(collector.metrics);
  return tables;
}

}  // namespace replicawatch
