#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/mongo/view.h"

namespace replicawatch::mongo {

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

/// What members are asked for these collectors.
Topics TopicsOf(CollectorSet collectors);

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
void EmitDbStats(const View& view, SampleSink& sink);
MetricTable DbStatsMetrics();
void EmitCollStats(const View& view, SampleSink& sink);
MetricTable CollStatsMetrics();
void EmitIndexStats(const View& view, SampleSink& sink);
MetricTable IndexStatsMetrics();
void EmitTop(const View& view, SampleSink& sink);
MetricTable TopMetrics();
void EmitCurrentOp(const View& view, SampleSink& sink);
MetricTable CurrentOpMetrics();
void EmitProfile(const View& view, SampleSink& sink);
MetricTable ProfileMetrics();
void EmitShards(const View& view, SampleSink& sink);
MetricTable ShardMetrics();

}  // namespace replicawatch::mongo
