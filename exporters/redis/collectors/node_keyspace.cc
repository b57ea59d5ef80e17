// The databases of a node, under the names of redis_exporter 1.x.

#include <algorithm>
#include <array>
#include <string>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kKeys, kExpiring, kItems, kCached, kTtl, kIndexSize };

constexpr MetricDesc Gauge(std::string_view name, std::string_view help, std::string_view source,
                           std::string_view unit = "") {
  return {name, help, MetricType::kGauge, unit, Scope::kNode, {"db"}, source};
}

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("redis_db_keys", "Keys of the database.", "INFO dbN: keys"),
    Gauge("redis_db_keys_expiring", "Keys with a time to live.", "INFO dbN: expires"),
    Gauge("redis_db_keys_with_expiring_items", "Keys with items that have a time to live.",
          "INFO dbN: subexpiry of Redis 7.4, keys_with_volatile_items of Valkey 9"),
    Gauge("redis_db_keys_cached", "Keys cached by KeyDB FLASH.", "INFO dbN: cached_keys"),
    Gauge("redis_db_avg_ttl_seconds", "Average time to live of the keys that have one.",
          "INFO dbN: avg_ttl", "seconds"),
}};

/// INFO leaves out an empty database, whose series would end where a 0 is meant.
void EmitEmptyDatabases(const NodeView& node, SampleSink& sink) {
  constexpr int64_t kUsual = 16;
  constexpr int64_t kMost = 1024;
  const auto setting = node.settings.find("databases");
  int64_t databases =
      setting == node.settings.end() ? kUsual : ParseInt(setting->second).value_or(kUsual);
  if (node.info->Value("cluster_enabled") == "1") databases = 1;
  for (int64_t i = 0; i < std::min(databases, kMost); ++i) {
    const std::string name = "db" + std::to_string(i);
    if (!node.info->Value(name).empty()) continue;
    sink.Add(kTable[kKeys], 0, {name});
    sink.Add(kTable[kExpiring], 0, {name});
  }
}

}  // namespace

MetricTable NodeKeyspaceMetrics() { return kTable; }

// By name, never by position: 7.4 put an item in the place where KeyDB has another.
void EmitNodeKeyspace(const NodeView& node, SampleSink& sink) {
  if (node.info->Value("redis_mode") != "sentinel") EmitEmptyDatabases(node, sink);
  for (const InfoLine& line : node.info->lines()) {
    if (line.section != "Keyspace" || !line.name.starts_with("db")) continue;
    std::string_view rest = line.value;
    while (!rest.empty()) {
      std::string_view value = CutAt(rest, ',');
      const std::string_view name = CutAt(value, '=');
      const std::optional<double> number = ParseDouble(value);
      if (!number) continue;
      if (name == "keys") sink.Add(kTable[kKeys], number, {line.name});
      if (name == "expires") sink.Add(kTable[kExpiring], number, {line.name});
      if (name == "subexpiry" || name == "keys_with_volatile_items")
        sink.Add(kTable[kItems], number, {line.name});
      if (name == "cached_keys") sink.Add(kTable[kCached], number, {line.name});
      if (name == "avg_ttl") sink.Add(kTable[kTtl], *number / 1e3, {line.name});
    }
  }
}

}  // namespace replicawatch::redis
