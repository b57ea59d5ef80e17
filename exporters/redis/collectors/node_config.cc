// All settings of a node that are no secret, under the names of redis_exporter 1.x.

#include <array>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kText, kNumber, kSentinelText, kSentinelNumber, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("CONFIG GET *", "redis_config_key_value",
          "Always 1; the labels are a setting and its value, passwords left out.",
          {"key", "value"}),
    Gauge("CONFIG GET *", "redis_config_value", "A setting that is a number.", {"key"}),
    Gauge("SENTINEL CONFIG GET *", "redis_sentinel_config_key_value",
          "Always 1; the labels are a setting of the Sentinel and its value, passwords left out.",
          {"key", "value"}),
    Gauge("SENTINEL CONFIG GET *", "redis_sentinel_config_value",
          "A setting of the Sentinel that is a number.", {"key"}),
}};

}  // namespace

MetricTable ConfigMetrics() { return kTable; }

void EmitNodeConfig(const NodeView& node, SampleSink& sink) {
  if (node.extras == nullptr) return;
  const bool sentinel = node.info->Mode() == "sentinel";
  for (const auto& [name, value] : node.extras->configuration) {
    sink.Add(kTable[sentinel ? kSentinelText : kText], 1, {name, value});
    sink.Add(kTable[sentinel ? kSentinelNumber : kNumber], ParseDouble(value), {name});
  }
}

}  // namespace replicawatch::redis
