#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kInitialized,
  kSeesWriteQuorum,
  kSeesReadQuorum,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_node_initialized",
     "1 if the node's object layer is up; one that waits for its peers answers all the same.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/live: no X-Minio-Server-Status"},
    {"replicawatch_minio_node_sees_write_quorum",
     "1 if every erasure set has its write quorum as this node sees it.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/cluster"},
    {"replicawatch_minio_node_sees_read_quorum",
     "1 if every erasure set has its read quorum as this node sees it.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/cluster/read"},
}};

std::optional<double> AsValue(std::optional<bool> state) {
  if (!state) return std::nullopt;
  return *state ? 1 : 0;
}

}  // namespace

MetricTable NodeMetrics() { return kTable; }

void EmitNode(const NodeView& node, SampleSink& sink) {
  sink.Add(kTable[kInitialized], node.initialized);
  sink.Add(kTable[kSeesWriteQuorum], AsValue(node.sees_write_quorum));
  sink.Add(kTable[kSeesReadQuorum], AsValue(node.sees_read_quorum));
}

void EmitNodes(const View& view, SampleSink& sink) {
  for (const NodeView& node : view.nodes) {
    sink.EnterMember(node.member);
    EmitNode(node, sink);
  }
}

}  // namespace replicawatch::minio
