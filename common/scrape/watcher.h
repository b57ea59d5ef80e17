#pragma once

#include <memory>
#include <string>

#include "common/base/deadline.h"
#include "common/deployment/overview.h"
#include "common/metrics/sink.h"
#include "common/scrape/collector.h"

namespace replicawatch {

struct ScrapeRequest {
  Deadline deadline;
  CollectorSet collectors;
};

/// Watches one configured cluster: keeps the connections to its members and the light background
/// sample that lag and the last good inventory need. The one thing of an exporter that the common
/// library knows.
///
/// Thread-safe: several requests may scrape at once.
class Watcher {
 public:
  virtual ~Watcher() = default;

  /// Asks all members in parallel, joins and publishes what had come by the deadline; what had not
  /// is marked as failed. Returns by the deadline, whatever the members do. Never throws for what a
  /// server says or does.
  virtual void Scrape(const ScrapeRequest& request, SampleSink& sink) = 0;

  /// The newest joined view, by scrape or background sample; null before the first one.
  virtual std::shared_ptr<const Overview> Latest() const = 0;

  /// Ends scrapes that wait and stops background work. The watcher answers no more; called once,
  /// before destruction.
  virtual void Stop() = 0;
};

}  // namespace replicawatch
