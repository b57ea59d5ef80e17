#pragma once

#include <string_view>
#include <vector>

#include "exporters/mongo/join.h"

namespace replicawatch::mongo {

inline constexpr std::string_view kNoPrimary = "no_primary";
inline constexpr std::string_view kNoMajority = "no_majority";
inline constexpr std::string_view kReadOnly = "read_only";
inline constexpr std::string_view kFsyncLocked = "fsync_lock";

/// How far the set is from losing its primary, its majority writes and its last copy.
struct Quorum {
  int spare_for_writes = 0;  ///< members that may be lost before w:majority writes stop
  int spare_for_reads = 0;   ///< members that may be lost before no copy is left
  int electable = 0;         ///< members that could be elected now, the primary included
  std::vector<std::string_view> blocked;  ///< why a write would be refused now; empty: it would not
};

/// By the counts that the servers themselves go by, or, when none tells, by their rules: a vote
/// majority elects; w:majority needs that many voting members with data, or all of them if there
/// are fewer.
Quorum CountQuorum(const JoinedSet& set);

}  // namespace replicawatch::mongo
