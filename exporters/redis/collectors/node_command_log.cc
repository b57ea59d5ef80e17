// The command logs of Valkey 8.1 and later, under the names of redis_exporter 1.x.

#include <array>
#include <string>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

// The kind of the log, or the setting, is what the source ends in.
constexpr std::array<MetricDesc, 9> kTable = {{
    Gauge("COMMANDLOG LEN slow", "redis_commandlog_slow_length",
          "Entries of the log of slow commands."),
    Gauge("COMMANDLOG LEN large-request", "redis_commandlog_large_request_length",
          "Entries of the log of large requests."),
    Gauge("COMMANDLOG LEN large-reply", "redis_commandlog_large_reply_length",
          "Entries of the log of large replies."),
    Gauge("CONFIG GET commandlog-execution-slower-than", "redis_commandlog_execution_slower_than",
          "Microseconds from which on a command counts as slow; negative: off."),
    Gauge("CONFIG GET commandlog-slow-execution-max-len", "redis_commandlog_slow_execution_max_len",
          "Most entries of the log of slow commands."),
    Gauge("CONFIG GET commandlog-request-larger-than", "redis_commandlog_request_larger_than",
          "Bytes from which on a request counts as large; negative: off."),
    Gauge("CONFIG GET commandlog-large-request-max-len", "redis_commandlog_large_request_max_len",
          "Most entries of the log of large requests."),
    Gauge("CONFIG GET commandlog-reply-larger-than", "redis_commandlog_reply_larger_than",
          "Bytes from which on a reply counts as large; negative: off."),
    Gauge("CONFIG GET commandlog-large-reply-max-len", "redis_commandlog_large_reply_max_len",
          "Most entries of the log of large replies."),
}};

constexpr std::string_view kLength = "COMMANDLOG LEN ";
constexpr std::string_view kSetting = "CONFIG GET ";

}  // namespace

MetricTable NodeCommandLogMetrics() { return kTable; }

void EmitNodeCommandLog(const NodeView& node, SampleSink& sink) {
  if (node.extras == nullptr || node.extras->command_logs.empty()) return;
  for (const MetricDesc& desc : kTable) {
    if (desc.source.starts_with(kLength)) {
      const auto length = node.extras->command_logs.find(desc.source.substr(kLength.size()));
      if (length != node.extras->command_logs.end())
        sink.Add(desc, static_cast<double>(length->second));
    } else {
      const std::string name(desc.source.substr(kSetting.size()));
      sink.Add(desc, ParseDouble(SettingOf(node.settings, name.c_str())));
    }
  }
}

}  // namespace replicawatch::redis
