#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

/// Where those stand in the table for which more is asked.
constexpr size_t kReplicationCollectorIndex = 1;
constexpr size_t kNodeCollectorIndex = 2;
constexpr size_t kLatencyCollectorIndex = 3;
constexpr size_t kHeartbeatCollectorIndex = 4;
constexpr size_t kClientsCollectorIndex = 7;
constexpr size_t kModulesCollectorIndex = 8;
constexpr size_t kSearchCollectorIndex = 9;
constexpr size_t kConfigCollectorIndex = 10;
constexpr size_t kDumpCollectorIndex = 11;
constexpr size_t kKeysCollectorIndex = 12;

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

// One function and one table of families for each file of this folder.
void EmitReplication(const View& view, SampleSink& sink);
MetricTable ReplicationMetrics();
void EmitHeartbeat(const View& view, SampleSink& sink);
MetricTable HeartbeatMetrics();
void EmitSentinel(const View& view, SampleSink& sink);
MetricTable SentinelMetrics();
void EmitCluster(const View& view, SampleSink& sink);
MetricTable ClusterMetrics();
void EmitNode(const View& view, SampleSink& sink);
void EmitLatency(const View& view, SampleSink& sink);
MetricTable LatencyMetrics();
void EmitClients(const View& view, SampleSink& sink);
MetricTable ClientMetrics();
void EmitModules(const View& view, SampleSink& sink);
MetricTable ModuleMetrics();
void EmitSearch(const View& view, SampleSink& sink);
MetricTable SearchMetrics();
void EmitConfig(const View& view, SampleSink& sink);
MetricTable ConfigMetrics();
void EmitDump(const View& view, SampleSink& sink);
MetricTable DumpMetrics();
/// One node with all that there is of it, for /probe.
void EmitNodeAlone(const NodeView& node, SampleSink& sink);
MetricTable NodeMetrics();
void EmitSurvey(const View& view, SampleSink& sink);
MetricTable SurveyMetrics();

}  // namespace replicawatch::redis
