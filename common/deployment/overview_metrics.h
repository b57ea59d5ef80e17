#pragma once

#include "common/deployment/overview.h"
#include "common/metrics/sink.h"

namespace replicawatch {

/// The common families of the public contract.
MetricTable OverviewMetrics();

/// Publishes them for one deployment. `deployment` chooses the families that come from the join;
/// what says whether the members answered is always published.
void EmitOverview(const Overview& overview, bool deployment, SampleSink& sink);

}  // namespace replicawatch
