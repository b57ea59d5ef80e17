#pragma once

#include <string_view>

#include "common/metrics/sink.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

constexpr MetricDesc Gauge(std::string_view source, std::string_view name, std::string_view help,
                           const LabelNames& labels = {}) {
  return {name, help, MetricType::kGauge, UnitOf(name), Scope::kNode, labels, source};
}

constexpr MetricDesc Counter(std::string_view source, std::string_view name, std::string_view help,
                             const LabelNames& labels = {}) {
  return {name, help, MetricType::kCounter, UnitOf(name), Scope::kNode, labels, source};
}

// The parts of the collector `node`: what redis_exporter 1.x publishes of one node, under its
// names. Each is one file; `node` has answered.
void EmitNodeInfo(const NodeView& node, SampleSink& sink);
void EmitNodeKeyspace(const NodeView& node, SampleSink& sink);
void EmitNodeCommands(const NodeView& node, SampleSink& sink);
void EmitNodeReplication(const NodeView& node, SampleSink& sink);
void EmitNodeSentinel(const NodeView& node, SampleSink& sink);
void EmitNodeSettings(const NodeView& node, SampleSink& sink);
void EmitNodeCluster(const NodeView& node, SampleSink& sink);
void EmitNodeCommandLog(const NodeView& node, SampleSink& sink);
// Collectors of their own on /metrics, off by default: they are many series, or are asked for by
// few. Nothing is added where it was not asked.
void EmitNodeSurvey(const NodeView& node, SampleSink& sink);
void EmitNodeLatency(const NodeView& node, SampleSink& sink);
void EmitNodeClients(const NodeView& node, SampleSink& sink);
void EmitNodeModules(const NodeView& node, SampleSink& sink);
void EmitNodeSearch(const NodeView& node, SampleSink& sink);
void EmitNodeConfig(const NodeView& node, SampleSink& sink);
void EmitNodeDump(const NodeView& node, SampleSink& sink);

MetricTable NodeInfoMetrics();
MetricTable NodeKeyspaceMetrics();
MetricTable NodeCommandsMetrics();
MetricTable NodeReplicationMetrics();
MetricTable NodeSentinelMetrics();
MetricTable NodeSettingsMetrics();
MetricTable NodeClusterMetrics();
MetricTable NodeCommandLogMetrics();

}  // namespace replicawatch::redis
