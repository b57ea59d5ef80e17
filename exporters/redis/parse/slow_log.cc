#include "exporters/redis/parse/slow_log.h"

namespace replicawatch::redis {

std::optional<SlowLogEntry> ParseSlowLogEntry(const Reply& reply) {
  if (reply.elements.empty()) return std::nullopt;
  // id, Unix time, microseconds, arguments; since 4.0 the client as well
  const std::vector<Reply>& entry = reply.elements[0].elements;
  if (entry.size() < 3 || entry[0].kind != Reply::Kind::kInteger ||
      entry[2].kind != Reply::Kind::kInteger)
    return std::nullopt;
  return SlowLogEntry{entry[0].integer, entry[2].integer};
}

}  // namespace replicawatch::redis
