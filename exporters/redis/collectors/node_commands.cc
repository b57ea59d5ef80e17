// What a node's commands cost and which errors it answered, under the names of redis_exporter 1.x.

#include <array>
#include <unordered_map>
#include <vector>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kCalls, kDuration, kRejected, kFailed, kErrors, kPercentiles, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Counter("INFO commandstats: calls", "redis_commands_total", "Calls of the command.", {"cmd"}),
    Counter("INFO commandstats: usec", "redis_commands_duration_seconds_total",
            "CPU time of the command.", {"cmd"}),
    Counter("INFO commandstats: rejected_calls", "redis_commands_rejected_calls_total",
            "Calls refused before they ran.", {"cmd"}),
    Counter("INFO commandstats: failed_calls", "redis_commands_failed_calls_total",
            "Calls that failed while they ran.", {"cmd"}),
    Counter("INFO errorstats: count", "redis_errors_total", "Error answers of one kind.", {"err"}),
    {"redis_latency_percentiles_usec",
     "Time of a call in microseconds; the quantile is in percent.",
     MetricType::kSummary,
     "",
     Scope::kNode,
     {"cmd"},
     "INFO latencystats: p50, p99, p99.9; INFO commandstats: usec, calls"},
}};

/// The items that are numbers.
template <class Take>
void ForEachNumber(std::string_view items, const Take& take) {
  ForEachItem(items, [&](std::string_view name, std::string_view value) {
    if (const std::optional<double> number = ParseDouble(value)) take(name, *number);
  });
}

struct Usage {
  double calls = 0;
  double microseconds = 0;
};
using Usages = std::unordered_map<std::string_view, Usage>;

Usage EmitCommand(std::string_view command, std::string_view items, SampleSink& sink) {
  Usage usage;
  ForEachNumber(items, [&](std::string_view name, double value) {
    if (name == "calls") {
      usage.calls = value;
      sink.Add(kTable[kCalls], value, {command});
    } else if (name == "usec") {
      usage.microseconds = value;
      sink.Add(kTable[kDuration], value / 1e6, {command});
    } else if (name == "rejected_calls") {
      sink.Add(kTable[kRejected], value, {command});
    } else if (name == "failed_calls") {
      sink.Add(kTable[kFailed], value, {command});
    }
  });
  return usage;
}

/// What follows the prefix; nothing when the line does not begin with it.
std::optional<std::string_view> After(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return name.substr(prefix.size());
}

void EmitPercentiles(std::string_view command, std::string_view items, const Usage& usage,
                     SampleSink& sink) {
  std::vector<SampleSink::Quantile> quantiles;
  ForEachNumber(items, [&](std::string_view name, double microseconds) {
    if (const auto percent = After("p", name)) quantiles.push_back({*percent, microseconds});
  });
  sink.AddSummary(kTable[kPercentiles], quantiles, usage.microseconds, usage.calls, {command});
}

}  // namespace

MetricTable NodeCommandsMetrics() { return kTable; }

void EmitNodeCommands(const NodeView& node, SampleSink& sink) {
  Usages usages;
  for (const InfoLine& line : node.info->Section("Commandstats")) {
    if (const auto command = After("cmdstat_", line.name))
      usages[*command] = EmitCommand(*command, line.value, sink);
  }
  for (const InfoLine& line : node.info->Section("Errorstats")) {
    const auto error = After("errorstat_", line.name);
    if (!error) continue;
    ForEachNumber(line.value, [&](std::string_view name, double count) {
      if (name == "count") sink.Add(kTable[kErrors], count, {*error});
    });
  }
  for (const InfoLine& line : node.info->Section("Latencystats")) {
    if (const auto timed = After("latency_percentiles_usec_", line.name))
      EmitPercentiles(*timed, line.value, usages[*timed], sink);
  }
}

}  // namespace replicawatch::redis
