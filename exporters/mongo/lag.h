#pragma once

#include <optional>

#include "exporters/mongo/history.h"
#include "exporters/mongo/join.h"

namespace replicawatch::mongo {

/// How long the member has been behind, its configured delay subtracted; nothing for members that
/// do not replicate now (primary, arbiter, starting up) and when its position is not known.
std::optional<double> LagSeconds(const JoinedSet& set, const JoinedMember& member,
                                 const ReplicationHistory& history);

/// What is left until the oldest entry of the oplog that it would sync from passes the member's
/// position.
struct Headroom {
  std::optional<double> seconds;  ///< negative: already lost
  std::optional<double> ratio;    ///< of that oplog's whole length in time
};
Headroom OplogHeadroom(const JoinedSet& set, const JoinedMember& member);

/// The smallest lag of those that could be elected: what is lost if the primary dies now.
std::optional<double> DataAtRiskSeconds(const JoinedSet& set, const ReplicationHistory& history);

/// How far the majority's commit point is behind the primary; 0 when it has everything.
std::optional<double> MajorityCommitLagSeconds(const JoinedSet& set);

}  // namespace replicawatch::mongo
