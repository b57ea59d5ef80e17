#include "exporters/redis/parse/latency.h"

#include <utility>

namespace replicawatch::redis {
namespace {

bool IsList(const Reply& reply) { return reply.kind == Reply::Kind::kArray; }

std::vector<CommandLatencies::Bucket> ParseBuckets(const std::vector<Reply>& pairs) {
  std::vector<CommandLatencies::Bucket> buckets;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const CommandLatencies::Bucket bucket{pairs[i].integer, pairs[i + 1].integer};
    const bool ascends = buckets.empty() || (bucket.microseconds > buckets.back().microseconds &&
                                             bucket.count >= buckets.back().count);
    if (ascends) buckets.push_back(bucket);
  }
  return buckets;
}

}  // namespace

Result<std::vector<LatencySpike>> ParseLatencyLatest(const Reply& reply) {
  if (!IsList(reply)) return Fail(ErrorCode::kParse, "LATENCY LATEST: " + reply.text);
  std::vector<LatencySpike> spikes;
  for (const Reply& event : reply.elements) {
    if (event.elements.size() < 3) continue;
    spikes.push_back(
        {event.elements[0].text, event.elements[1].integer, event.elements[2].integer});
  }
  return spikes;
}

Result<std::vector<CommandLatencies>> ParseLatencyHistogram(const Reply& reply) {
  if (!IsList(reply)) return Fail(ErrorCode::kParse, "LATENCY HISTOGRAM: " + reply.text);
  std::vector<CommandLatencies> commands;
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    CommandLatencies command;
    command.command = reply.elements[i].text;
    const std::vector<Reply>& fields = reply.elements[i + 1].elements;
    for (size_t j = 0; j + 1 < fields.size(); j += 2) {
      if (fields[j].text == "calls") command.calls = fields[j + 1].integer;
      if (fields[j].text == "histogram_usec")
        command.buckets = ParseBuckets(fields[j + 1].elements);
    }
    if (!command.command.empty() && command.calls > 0) commands.push_back(std::move(command));
  }
  return commands;
}

}  // namespace replicawatch::redis
