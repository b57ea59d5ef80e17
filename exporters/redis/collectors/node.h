#pragma once

#include "common/metrics/sink.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

// The parts of the collector `node`: what redis_exporter 1.x publishes of one node, under its
// names. Each is one file; `node` has answered.
void EmitNodeInfo(const NodeView& node, SampleSink& sink);
void EmitNodeKeyspace(const NodeView& node, SampleSink& sink);
void EmitNodeCommands(const NodeView& node, SampleSink& sink);
void EmitNodeReplication(const NodeView& node, SampleSink& sink);
void EmitNodeSentinel(const NodeView& node, SampleSink& sink);
void EmitNodeSettings(const NodeView& node, SampleSink& sink);

MetricTable NodeInfoMetrics();
MetricTable NodeKeyspaceMetrics();
MetricTable NodeCommandsMetrics();
MetricTable NodeReplicationMetrics();
MetricTable NodeSentinelMetrics();
MetricTable NodeSettingsMetrics();

}  // namespace replicawatch::redis
