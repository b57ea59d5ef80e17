// Each node by itself, as mongodb_exporter 0.4x publishes it.

#include "exporters/mongo/collectors/node.h"

#include <array>

namespace replicawatch::mongo {
namespace {

enum Index : size_t { kUp, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"mongodb_up", "1 if the node answered.", MetricType::kGauge, "", Scope::kNode, {}, "hello"},
}};

}  // namespace

MetricTable NodeMetrics() { return kTable; }

void EmitNodeAlone(const WatchedNode& node, SampleSink& sink) {
  sink.Add(kTable[kUp], node.answered());
}

}  // namespace replicawatch::mongo
