#pragma once

#include "common/metrics/sink.h"
#include "exporters/mongo/topology.h"

namespace replicawatch::mongo {

/// One node with all that there is of it, for /probe.
void EmitNodeAlone(const WatchedNode& node, SampleSink& sink);
MetricTable NodeMetrics();

}  // namespace replicawatch::mongo
