#pragma once

#include "common/base/log.h"
#include "common/deployment/overview_metrics.h"
#include "common/scrape/collector.h"
#include "common/scrape/watcher.h"

namespace replicawatch {

/// Publishes a joined view: the common families, then the chosen collectors of the exporter's
/// table. What a collector has added is taken back whole when it throws, and the others go on.
template <class View>
void PublishView(const View& view, std::span<const Collector<View>> table,
                 const ScrapeRequest& request, SampleSink& sink) {
  EmitOverview(view.overview, request.collectors.Has(kDeploymentCollector), sink);
  for (size_t i = 0; i < table.size(); ++i) {
    if (i == kDeploymentCollector || !request.collectors.Has(i)) continue;
    const SampleSink::Mark before = sink.Position();
    try {
      table[i].emit(view, sink);
    } catch (const std::exception& error) {
      sink.Rollback(before);
      LogFolded(LogLevel::kError, "collector failed by a fault of the exporter",
                {{"service", view.overview.vocabulary->service},
                 {"collector", table[i].info.name},
                 {"error", error.what()}});
    }
  }
}

}  // namespace replicawatch
