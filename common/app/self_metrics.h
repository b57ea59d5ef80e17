#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
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

  /// A configuration file was read: `file` is "config" or "web", the label's value.
  void CountReading(const std::string& file, bool good);

  void Emit(const Coordinator::Counts& scrapes, SampleSink& sink) const;

 private:
  struct Reading {
    bool good = false;
    double last_good = 0;  ///< time since 1970, 0 for never
  };
  void EmitReadings(SampleSink& sink) const;

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Histogram& duration_;
  mutable std::mutex readings_mutex_;
  std::map<std::string, Reading> readings_;
};

}  // namespace replicawatch
