#pragma once

#include <compare>
#include <cstdint>

namespace replicawatch::mongo {

/// A position in the replication stream. The term comes first: after a failover the new primary's
/// clock may be behind the old one's, so that timestamps alone do not order entries.
struct OpTime {
  int64_t term = -1;
  uint32_t seconds = 0;  ///< of the entry's timestamp, Unix time of the primary that wrote it
  uint32_t increment = 0;

  friend auto operator<=>(const OpTime&, const OpTime&) = default;

  /// Servers report an empty optime for members that are down or have not synced yet.
  bool empty() const { return seconds == 0; }
};

}  // namespace replicawatch::mongo
