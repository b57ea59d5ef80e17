// The size of a node's dump, under the name of redis_exporter 1.x.

#include <array>

#include "exporters/redis/collectors/node.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

constexpr std::array<MetricDesc, 1> kTable = {{
    Gauge("CONFIG GET dir, dbfilename", "redis_rdb_current_size_bytes",
          "Size of the RDB file, which is looked at where the node runs on the same machine."),
}};

}  // namespace

MetricTable DumpMetrics() { return kTable; }

void EmitNodeDump(const NodeView& node, SampleSink& sink) {
  if (node.extras == nullptr || !node.extras->dump_bytes) return;
  sink.Add(kTable[0], static_cast<double>(*node.extras->dump_bytes));
}

}  // namespace replicawatch::redis
