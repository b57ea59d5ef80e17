#pragma once

#include <memory>
#include <vector>

#include "common/app/backup_status.h"
#include "common/app/options.h"
#include "common/app/self_metrics.h"
#include "common/scrape/coordinator.h"
#include "common/web/http.h"

namespace replicawatch {

/// The handler of /metrics: chooses collectors and clusters from the query, shares collections,
/// encodes. Thread-safe.
class MetricsPage {
 public:
  MetricsPage(const Exporter& exporter, const AppOptions& options, const SelfMetrics& self);

  /// `started` stays until the answer is there.
  HttpResponse Handle(const HttpRequest& request, const Started& started);

 private:
  /// A cluster of a scrape, and what of it is wanted.
  struct Chosen {
    Watcher* watcher;
    CollectorSet collectors;
  };

  Result<std::vector<Chosen>> ChooseClusters(const HttpRequest& request,
                                             const Started& started) const;
  Result<void> ChooseCollectors(const HttpRequest& request, std::vector<Chosen>& clusters) const;
  static void ScrapeInParallel(const std::vector<Chosen>& clusters, Deadline deadline,
                               std::vector<SampleSink>& sinks);
  Snapshot Collect(const std::vector<Chosen>& clusters, Deadline deadline) const;

  const std::vector<CollectorInfo> collectors_;
  const AppOptions& options_;
  const SelfMetrics& self_;
  const BackupStatus backups_;
  Coordinator coordinator_;
};

}  // namespace replicawatch
