#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/mongo/view.h"

namespace replicawatch::mongo {

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

/// Where the one stands for which members are asked more.
constexpr size_t kNodeCollectorIndex = 7;

// One function and one table of families for each file of this folder.
void EmitReplication(const View& view, SampleSink& sink);
MetricTable ReplicationMetrics();
void EmitPipeline(const View& view, SampleSink& sink);
MetricTable PipelineMetrics();
void EmitMemberViews(const View& view, SampleSink& sink);
MetricTable MemberViewMetrics();
void EmitElections(const View& view, SampleSink& sink);
MetricTable ElectionMetrics();
void EmitWrites(const View& view, SampleSink& sink);
MetricTable WriteMetrics();
void EmitConfiguration(const View& view, SampleSink& sink);
MetricTable ConfigurationMetrics();
void EmitNode(const View& view, SampleSink& sink);
MetricTable NodeMetrics();

}  // namespace replicawatch::mongo
