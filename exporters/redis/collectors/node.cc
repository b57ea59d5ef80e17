// The collector `node`: each node by itself, as redis_exporter 1.x publishes it.

#include "exporters/redis/collectors/node.h"

#include <array>
#include <vector>

#include "common/base/text.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kUp, kInstance, kStart, kSystemMemory, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("INFO", "redis_up", "1 if the node answered."),
    Gauge("INFO", "redis_instance_info", "Always 1; the labels say what the node is.",
          {"role", "redis_version", "redis_build_id", "redis_mode", "os", "maxmemory_policy",
           "tcp_port", "run_id", "process_id", "master_replid", "valkey_version",
           "valkey_release_stage"}),
    Gauge("INFO server_time_usec, uptime_in_seconds", "redis_start_time_seconds",
          "Start time of the server since the Unix epoch."),
    Gauge("INFO total_system_memory", "redis_total_system_memory_bytes",
          "Memory of the node's machine, whatever a container may use of it."),
}};

void EmitInstance(const InfoText& info, SampleSink& sink) {
  const auto value = [&](std::string_view line) { return info.Value(line); };
  sink.Add(
      kTable[kInstance], 1,
      {value("role"), value("redis_version"), value("redis_build_id"), info.Mode(), value("os"),
       value("maxmemory_policy"), value("tcp_port"), value("run_id"), value("process_id"),
       value("master_replid"), value("valkey_version"), value("valkey_release_stage")});
}

}  // namespace

MetricTable NodeMetrics() {
  static const std::vector<MetricDesc> all = [] {
    std::vector<MetricDesc> joined;
    for (const MetricTable part :
         {MetricTable(kTable), NodeInfoMetrics(), NodeKeyspaceMetrics(), NodeCommandsMetrics(),
          NodeReplicationMetrics(), NodeSentinelMetrics(), NodeSettingsMetrics(),
          NodeClusterMetrics(), NodeCommandLogMetrics()})
      joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return all;
}

namespace {

void EmitOne(const NodeView& node, SampleSink& sink) {
  sink.Add(kTable[kUp], node.info != nullptr);
  if (node.info == nullptr) return;
  EmitInstance(*node.info, sink);
  sink.Add(kTable[kStart], node.start_time_seconds);
  sink.Add(kTable[kSystemMemory], ParseDouble(node.info->Value("total_system_memory")));
  EmitNodeInfo(node, sink);
  EmitNodeKeyspace(node, sink);
  EmitNodeCommands(node, sink);
  EmitNodeReplication(node, sink);
  EmitNodeSentinel(node, sink);
  EmitNodeSettings(node, sink);
  EmitNodeCluster(node, sink);
  EmitNodeCommandLog(node, sink);
}

constexpr std::array kExtras = {EmitNodeLatency, EmitNodeClients, EmitNodeModules, EmitNodeSearch,
                                EmitNodeConfig,  EmitNodeDump,    EmitNodeSurvey};

template <void (*emit)(const NodeView&, SampleSink&)>
void EmitOfEach(const View& view, SampleSink& sink) {
  for (const NodeView& node : view.nodes) {
    sink.EnterMember(node.member);
    emit(node, sink);
  }
}

}  // namespace

void EmitNodeAlone(const NodeView& node, SampleSink& sink) {
  EmitOne(node, sink);
  for (const auto emit : kExtras) emit(node, sink);
}

void EmitNode(const View& view, SampleSink& sink) { EmitOfEach<EmitOne>(view, sink); }
void EmitLatency(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeLatency>(view, sink); }
void EmitClients(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeClients>(view, sink); }
void EmitModules(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeModules>(view, sink); }
void EmitSearch(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeSearch>(view, sink); }
void EmitConfig(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeConfig>(view, sink); }
void EmitDump(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeDump>(view, sink); }
void EmitSurvey(const View& view, SampleSink& sink) { EmitOfEach<EmitNodeSurvey>(view, sink); }

}  // namespace replicawatch::redis
