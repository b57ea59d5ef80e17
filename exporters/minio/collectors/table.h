#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/minio/view.h"

namespace replicawatch::minio {

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

/// The one for which nodes are asked at a scrape only when it is wanted.
constexpr std::string_view kNativeCollector = "native";

/// Whether the collector of this name is among the chosen ones.
bool HasCollector(CollectorSet chosen, std::string_view name);

// One function and one table of families for each file of this folder.
void EmitCanary(const View& view, SampleSink& sink);
MetricTable CanaryMetrics();
void EmitErasure(const View& view, SampleSink& sink);
MetricTable ErasureMetrics();
void EmitDrives(const View& view, SampleSink& sink);
MetricTable DriveMetrics();
void EmitHealing(const View& view, SampleSink& sink);
MetricTable HealingMetrics();
void EmitCluster(const View& view, SampleSink& sink);
MetricTable ClusterMetrics();
void EmitBuckets(const View& view, SampleSink& sink);
MetricTable BucketMetrics();
void EmitNative(const View& view, SampleSink& sink);
MetricTable NativeMetrics();
void EmitNodes(const View& view, SampleSink& sink);
MetricTable NodeMetrics();

/// The families of the collector `node` for one node, under the labels that the sink is at.
void EmitNode(const NodeView& node, SampleSink& sink);

/// The families of the collector `native` for one node.
void EmitNativeOfNode(const NativeNodePage& page, SampleSink& sink);

/// One node for /probe: all those, without a null page, and what common families say of a member on
/// /metrics.
void EmitNodeAlone(const NodeFacts& facts, const NativeNodePage* native, SampleSink& sink);
MetricTable NodeAloneMetrics();

/// The beginnings of the names of MinIO's own metrics, for --metrics.list: "minio_*".
MetricTable NativePatterns();

}  // namespace replicawatch::minio
