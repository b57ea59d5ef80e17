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
  Result<CollectorSet> ChooseCollectors(const HttpRequest& request) const;
  Result<std::vector<Watcher*>> ChooseWatchers(const HttpRequest& request,
                                               const Started& started) const;
  Snapshot Collect(const std::vector<Watcher*>& watchers, CollectorSet collectors,
                   Deadline deadline) const;

  const std::vector<CollectorInfo> collectors_;
  const AppOptions& options_;
  const SelfMetrics& self_;
  const BackupStatus backups_;
  Coordinator coordinator_;
};

}  // namespace replicawatch
