#pragma once

#include <cstdint>
#include <optional>

#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// One entry of the slow log. Its arguments, which may be secret, are not kept.
struct SlowLogEntry {
  int64_t id = 0;
  int64_t microseconds = 0;
};

/// Reads the answer to SLOWLOG GET 1; nothing when the log is empty or the answer has another
/// shape. Pure.
std::optional<SlowLogEntry> ParseSlowLogEntry(const Reply& reply);

}  // namespace replicawatch::redis
