#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/mongo/view.h"

namespace replicawatch::mongo {

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

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

}  // namespace replicawatch::mongo
