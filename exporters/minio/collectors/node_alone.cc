#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kUp,
  kClockSkew,
  kIndexSize,
};

// What common families say of a member on /metrics. In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_node_up",
     "1 if the node answered. On /probe only; /metrics has replicawatch_member_up.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "any answer to /minio/health/live"},
    {"replicawatch_minio_node_clock_skew_seconds",
     "The node's clock against the exporter's. On /probe only; /metrics has "
     "replicawatch_clock_skew_seconds.",
     kGauge,
     "seconds",
     Scope::kNode,
     {},
     "/minio/health/live: X-Amz-Request-Id"},
}};

}  // namespace

MetricTable NodeAloneMetrics() { return kTable; }

void EmitNodeAlone(const NodeFacts& facts, const NativeNodePage* native, SampleSink& sink) {
  sink.Add(kTable[kUp], facts.answered);
  if (facts.answered) sink.Add(kTable[kClockSkew], facts.clock_skew_seconds);
  EmitNode(ViewOfNode(facts), sink);
  if (native != nullptr) EmitNativeOfNode(*native, sink);
}

}  // namespace replicawatch::minio
