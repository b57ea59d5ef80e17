#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "exporters/redis/promotion.h"
#include "exporters/redis/topology.h"

namespace replicawatch::redis {

/// What a node holds back in its output buffer for one replica, and how much it may become.
struct ReplicaBuffer {
  int64_t used_bytes = 0;
  std::optional<int64_t> hard_limit_bytes;  ///< cut off at once; empty: no limit, or not known
  std::optional<int64_t> soft_limit_bytes;  ///< cut off after a time above it

  /// To the lower limit; empty when there is none.
  std::optional<int64_t> headroom_bytes() const;
};

/// The buffers of those who follow `parent`, by member. CLIENT LIST does not tell who is at the
/// other end of a link: its address there is that of the socket, not the one where the replica
/// listens. But both ends name the same socket, and without the replica's word, or behind NAT, an
/// address that only one replica and only one link have is enough. One that can't be told is left
/// out. Pure.
std::map<std::string, ReplicaBuffer> BuffersOf(const NodeFacts& parent, const Topology& topology,
                                               const NodesByAddress& nodes);

}  // namespace replicawatch::redis
