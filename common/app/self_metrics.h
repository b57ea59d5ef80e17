#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "common/base/deadline.h"
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

  /// How reading a file of settings anew went: "config" or "web". The start counts as a success.
  void SetReload(std::string_view file, bool success);

  void Emit(const Coordinator::Counts& scrapes, SampleSink& sink) const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Histogram& duration_;

  struct Reload {
    bool success = true;
    double last_success = UnixSeconds();
  };
  mutable std::mutex mutex_;
  std::map<std::string, Reload, std::less<>> reloads_;  // by file; guarded by mutex_
};

}  // namespace replicawatch
