#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

/// Where `node` stands in the table.
constexpr size_t kNodeCollectorIndex = 2;

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

// One function and one table of families for each file of this folder.
void EmitReplication(const View& view, SampleSink& sink);
MetricTable ReplicationMetrics();
void EmitSentinel(const View& view, SampleSink& sink);
MetricTable SentinelMetrics();
void EmitCluster(const View& view, SampleSink& sink);
MetricTable ClusterMetrics();
void EmitNode(const View& view, SampleSink& sink);
/// One node, for /probe: with the labels of the member that the sink is at, if any.
void EmitNodeAlone(const NodeView& node, SampleSink& sink);
MetricTable NodeMetrics();

}  // namespace replicawatch::redis
