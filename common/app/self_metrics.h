#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "common/metrics/sink.h"
#include "common/scrape/coordinator.h"

namespace replicawatch {

/// The exporter's own families: process_* from /proc/self, replicawatch_http_* and
/// replicawatch_build_info. Counting is thread-safe.
class SelfMetrics {
 public:
  SelfMetrics();

  static MetricTable Metrics();

  void CountRequest(const std::string& path, int status, double seconds);

  void Emit(const Coordinator::Counts& scrapes, SampleSink& sink) const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Histogram& duration_;
};

}  // namespace replicawatch
