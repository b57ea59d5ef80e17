#pragma once

#include <optional>
#include <span>
#include <vector>

#include "exporters/mongo/topology.h"

namespace replicawatch::mongo {

/// One member of the set with all that it and the others say of it.
struct JoinedMember {
  ConfiguredMember config;
  const WatchedNode* node = nullptr;  ///< null until it is watched
  bool answered = false;              ///< to us
  bool alive = false;                 ///< answered, or another member hears its heartbeats
  bool healthy = false;               ///< does its job now, and the primary sees it do so
  bool claims_primary = false;        ///< to us, or, when it does not answer, to the others
  std::optional<int> state;           ///< a MemberState; the last known one when nobody can tell
  std::optional<int64_t> term;        ///< that it knows of
  // The newest position in the replication stream that is known of it.
  std::optional<OpTime> position;
  std::optional<int64_t> position_wall_ms;
  TimePoint position_at;  ///< for one that answered: when it said so; else the present

  bool has_data() const { return !config.arbiter; }
  bool votes() const { return config.votes > 0; }
  const ReplSetStatus* status() const { return answered ? node->facts->status.get() : nullptr; }
};

/// All members of the set and who of them is its primary.
struct JoinedSet {
  std::vector<JoinedMember> members;
  std::optional<size_t> primary;  ///< the claimant with the highest term
  bool anyone_answered = false;

  const JoinedMember* primary_member() const { return primary ? &members[*primary] : nullptr; }
  /// What the primary sees; null when it did not tell.
  const ReplSetStatus* primary_status() const {
    return primary ? members[*primary].status() : nullptr;
  }
};

JoinedSet Join(std::span<const WatchedNode> nodes, const Topology& topology, TimePoint now);

/// What `observer` says of the member, or null.
const SeenMember* FindSeen(const ReplSetStatus& observer, std::string_view member);

}  // namespace replicawatch::mongo
