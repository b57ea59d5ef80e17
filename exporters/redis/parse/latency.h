#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// One event of LATENCY LATEST, which has any only with latency-monitor-threshold above 0.
struct LatencySpike {
  std::string event;
  int64_t unix_seconds = 0;  ///< when it happened last
  int64_t milliseconds = 0;  ///< how long it took then
};

/// The latencies of one command since the start, of LATENCY HISTOGRAM, since 7.0.
struct CommandLatencies {
  struct Bucket {
    int64_t microseconds = 0;  ///< upper bound
    int64_t count = 0;         ///< cumulative
  };

  std::string command;
  int64_t calls = 0;
  std::vector<Bucket> buckets;  ///< ascending; the server leaves empty ones out
};

/// Read an answer; an element of another shape is left out. Fail when it is no list. Pure.
Result<std::vector<LatencySpike>> ParseLatencyLatest(const Reply& reply);
Result<std::vector<CommandLatencies>> ParseLatencyHistogram(const Reply& reply);

}  // namespace replicawatch::redis
