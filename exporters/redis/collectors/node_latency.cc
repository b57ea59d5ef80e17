// How long the commands of a node took, and its latency spikes, under the names of redis_exporter
// 1.x.

#include <array>
#include <unordered_map>
#include <vector>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kSpikeTime, kSpikeSeconds, kLatencies, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("LATENCY LATEST", "redis_latency_spike_last",
          "When the event last took longer than latency-monitor-threshold, since the Unix epoch.",
          {"event_name"}),
    Gauge("LATENCY LATEST", "redis_latency_spike_duration_seconds", "How long it took then.",
          {"event_name"}),
    {"redis_commands_latencies_usec",
     "Time of the calls of the command in microseconds.",
     MetricType::kHistogram,
     "",
     Scope::kNode,
     {"cmd"},
     "LATENCY HISTOGRAM; INFO commandstats: usec"},
}};

/// The bounds that the server has (a power of 2 in nanoseconds each, in whole microseconds). It
/// leaves out empty buckets; a series that only begins when a call is slow for the first time would
/// hide that call from rate().
constexpr std::array<int64_t, 21> kBounds = {1,     2,     4,     8,      16,     33,     66,
                                             132,   264,   528,   1056,   2113,   4227,   8454,
                                             16908, 33816, 67633, 135266, 270532, 541065, 1082130};

std::vector<SampleSink::Bucket> AllBuckets(const CommandLatencies& command) {
  std::vector<SampleSink::Bucket> buckets;
  const auto add = [&](int64_t bound, int64_t count) {
    buckets.push_back({static_cast<double>(bound), static_cast<double>(count)});
  };
  auto next = kBounds.begin();
  int64_t count = 0;
  for (const CommandLatencies::Bucket& bucket : command.buckets) {
    for (; next != kBounds.end() && *next < bucket.microseconds; ++next) add(*next, count);
    if (next != kBounds.end() && *next == bucket.microseconds) ++next;
    count = bucket.count;
    add(bucket.microseconds, count);
  }
  for (; next != kBounds.end(); ++next) add(*next, count);
  return buckets;
}

/// Microseconds that all calls took together.
double SumOf(const InfoText& info, const std::string& command) {
  double sum = 0;
  const std::string name = "cmdstat_" + command;
  for (const InfoLine& line : info.Section("Commandstats")) {
    if (line.name != name) continue;
    ForEachItem(line.value, [&](std::string_view key, std::string_view value) {
      if (key == "usec") sum = ParseDouble(value).value_or(0);
    });
  }
  return sum;
}

}  // namespace

MetricTable LatencyMetrics() { return kTable; }

void EmitNodeLatency(const NodeView& node, SampleSink& sink) {
  if (node.extras == nullptr) return;
  for (const LatencySpike& spike : node.extras->spikes) {
    sink.Add(kTable[kSpikeTime], static_cast<double>(spike.unix_seconds), {spike.event});
    sink.Add(kTable[kSpikeSeconds], static_cast<double>(spike.milliseconds) / 1e3, {spike.event});
  }
  for (const CommandLatencies& command : node.extras->commands) {
    sink.AddHistogram(kTable[kLatencies], AllBuckets(command), SumOf(*node.info, command.command),
                      static_cast<double>(command.calls), {command.command});
  }
}

}  // namespace replicawatch::redis
