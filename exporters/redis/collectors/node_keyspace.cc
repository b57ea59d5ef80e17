// The databases of a node, under the names of redis_exporter 1.x.

#include <algorithm>
#include <array>
#include <string>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kKeys, kExpiring, kItems, kCached, kTtl, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("INFO dbN: keys", "redis_db_keys", "Keys of the database.", {"db"}),
    Gauge("INFO dbN: expires", "redis_db_keys_expiring", "Keys with a time to live.", {"db"}),
    Gauge("INFO dbN: subexpiry of Redis 7.4, keys_with_volatile_items of Valkey 9",
          "redis_db_keys_with_expiring_items", "Keys with items that have a time to live.", {"db"}),
    Gauge("INFO dbN: cached_keys", "redis_db_keys_cached", "Keys cached by KeyDB FLASH.", {"db"}),
    Gauge("INFO dbN: avg_ttl", "redis_db_avg_ttl_seconds",
          "Average time to live of the keys that have one.", {"db"}),
}};

/// INFO leaves out an empty database, whose series would end where a 0 is meant.
void EmitEmptyDatabases(const NodeView& node, SampleSink& sink) {
  constexpr int64_t kUsual = 16;
  constexpr int64_t kMost = 1024;
  int64_t databases = ParseInt(SettingOf(node.settings, "databases")).value_or(kUsual);
  if (node.info->Value("cluster_enabled") == "1") databases = 1;
  const std::span<const InfoLine> keyspace = node.info->Section("Keyspace");
  for (int64_t i = 0; i < std::min(databases, kMost); ++i) {
    const std::string name = "db" + std::to_string(i);
    if (std::any_of(keyspace.begin(), keyspace.end(),
                    [&](const InfoLine& line) { return line.name == name; }))
      continue;
    sink.Add(kTable[kKeys], 0, {name});
    sink.Add(kTable[kExpiring], 0, {name});
  }
}

}  // namespace

MetricTable NodeKeyspaceMetrics() { return kTable; }

void EmitNodeKeyspace(const NodeView& node, SampleSink& sink) {
  if (node.info->Mode() != "sentinel") EmitEmptyDatabases(node, sink);
  for (const InfoLine& line : node.info->Section("Keyspace")) {
    if (!line.name.starts_with("db")) continue;
    ForEachItem(line.value, [&](std::string_view name, std::string_view value) {
      const std::optional<double> number = ParseDouble(value);
      if (!number) return;
      if (name == "keys") sink.Add(kTable[kKeys], number, {line.name});
      if (name == "expires") sink.Add(kTable[kExpiring], number, {line.name});
      if (name == "subexpiry" || name == "keys_with_volatile_items")
        sink.Add(kTable[kItems], number, {line.name});
      if (name == "cached_keys") sink.Add(kTable[kCached], number, {line.name});
      if (name == "avg_ttl") sink.Add(kTable[kTtl], *number / 1e3, {line.name});
    });
  }
}

}  // namespace replicawatch::redis
