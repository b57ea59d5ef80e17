// A node's settings and its slow log, under the names of redis_exporter 1.x.

#include <array>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"
#include "exporters/redis/parse/buffer_limit.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t {
  kMaxClients,
  kMaxMemory,
  kIoThreads,
  kBacklogSize,
  kBufferLimit,
  kBufferSeconds,
  kSlowLogLength,
  kSlowLogId,
  kSlowLogDuration,
  kIndexSize,
};

constexpr LabelNames kOfClass = {"class", "limit"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("CONFIG GET maxclients", "redis_config_maxclients", "Limit of client connections."),
    Gauge("CONFIG GET maxmemory", "redis_config_maxmemory",
          "Limit of memory in bytes; 0 means none."),
    Gauge("CONFIG GET io-threads", "redis_config_io_threads", "Threads for I/O."),
    Gauge("CONFIG GET repl-backlog-size", "redis_config_repl_backlog_size",
          "Size of the replication backlog in bytes."),
    Gauge("CONFIG GET client-output-buffer-limit", "redis_config_client_output_buffer_limit_bytes",
          "Size of an output buffer at which its client is cut off; 0 means no limit.", kOfClass),
    Gauge("CONFIG GET client-output-buffer-limit",
          "redis_config_client_output_buffer_limit_overcome_seconds",
          "Time above the soft limit after which its client is cut off.", kOfClass),
    Gauge("SLOWLOG LEN", "redis_slowlog_length", "Entries of the slow log."),
    Gauge("SLOWLOG GET 1", "redis_slowlog_last_id", "Id of the newest entry of the slow log."),
    Gauge("SLOWLOG GET 1", "redis_last_slow_execution_duration_seconds",
          "Time that the newest entry of the slow log took."),
}};

void EmitBufferLimits(std::string_view setting, SampleSink& sink) {
  const auto add = [&](Index index, const std::optional<int64_t>& value, std::string_view name,
                       std::string_view limit) {
    if (value) sink.Add(kTable[index], static_cast<double>(*value), {name, limit});
  };
  for (const BufferLimit& limit : ParseBufferLimits(setting)) {
    add(kBufferLimit, limit.hard_bytes, limit.name, "hard");
    add(kBufferLimit, limit.soft_bytes, limit.name, "soft");
    add(kBufferSeconds, limit.soft_seconds, limit.name, "soft");
  }
}

}  // namespace

MetricTable NodeSettingsMetrics() { return kTable; }

void EmitNodeSettings(const NodeView& node, SampleSink& sink) {
  const auto setting = [&](const char* name) { return SettingOf(node.settings, name); };
  sink.Add(kTable[kMaxClients], ParseDouble(setting("maxclients")));
  sink.Add(kTable[kMaxMemory], ParseDouble(setting("maxmemory")));
  sink.Add(kTable[kIoThreads], ParseDouble(setting("io-threads")));
  sink.Add(kTable[kBacklogSize], ParseDouble(setting("repl-backlog-size")));
  EmitBufferLimits(setting(kBufferLimits), sink);
  if (node.slow_log_length)
    sink.Add(kTable[kSlowLogLength], static_cast<double>(*node.slow_log_length));
  if (!node.slow_log_last) return;
  sink.Add(kTable[kSlowLogId], static_cast<double>(node.slow_log_last->id));
  sink.Add(kTable[kSlowLogDuration], static_cast<double>(node.slow_log_last->microseconds) / 1e6);
}

}  // namespace replicawatch::redis
