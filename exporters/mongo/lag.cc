#include "exporters/mongo/lag.h"

#include <algorithm>

namespace replicawatch::mongo {
namespace {

bool Replicates(const JoinedSet& set, const JoinedMember& member) {
  if (!member.has_data() || !member.state || &member == set.primary_member()) return false;
  const int state = *member.state;
  // A primary that is not the primary is a stale claimant, or silent and was it when last heard.
  return state == kStateSecondary || state == kStateRecovering || state == kStateRollback ||
         state == kStateDown || state == kStatePrimary;
}

double SecondsBetween(int64_t earlier_ms, int64_t later_ms) {
  return static_cast<double>(std::max<int64_t>(later_ms - earlier_ms, 0)) / 1000;
}

/// By the primary's wall clock alone: what it says of itself and of the member in one answer.
std::optional<double> WallLag(const JoinedSet& set, const JoinedMember& member) {
  const ReplSetStatus* primary = set.primary_status();
  if (primary == nullptr || !primary->applied_wall_ms) return std::nullopt;
  const SeenMember* seen = FindSeen(*primary, member.config.host);
  if (seen == nullptr || !seen->applied_wall_ms) return std::nullopt;
  return SecondsBetween(*seen->applied_wall_ms, *primary->applied_wall_ms);
}

/// While no primary has been seen yet, the most advanced member stands in for it.
std::optional<double> LagBehindMostAdvanced(const JoinedSet& set, const JoinedMember& member) {
  const JoinedMember* ahead = nullptr;
  for (const JoinedMember& other : set.members) {
    if (!other.answered || !other.position) continue;
    if (ahead == nullptr || ahead->position < other.position) ahead = &other;
  }
  if (ahead == nullptr || !member.position) return std::nullopt;
  if (!(member.position < ahead->position)) return 0;
  if (!ahead->position_wall_ms || !member.position_wall_ms) return std::nullopt;
  return SecondsBetween(*member.position_wall_ms, *ahead->position_wall_ms);
}

std::optional<double> RawLag(const JoinedSet& set, const JoinedMember& member,
                             const ReplicationHistory& history) {
  if (!member.position) return WallLag(set, member);
  if (history.empty()) return LagBehindMostAdvanced(set, member);
  std::optional<double> lag =
      history.LagSeconds(*member.position, member.position_wall_ms, member.position_at);
  // It does not answer us but goes on replicating: the position known of it is a heartbeat old,
  // while the primary's note of its progress is not.
  if (!member.answered && member.alive) {
    const std::optional<double> wall = WallLag(set, member);
    if (wall && (!lag || *wall < *lag)) lag = wall;
  }
  return lag;
}

/// Whose oplog a member would sync from: the primary's, or while there is none the most advanced.
const ServerStatus* SyncSource(const JoinedSet& set) {
  const JoinedMember* source = nullptr;
  for (const JoinedMember& member : set.members) {
    if (!member.answered || !member.node->facts->server) continue;
    if (!member.node->facts->server->oplog_first) continue;
    if (&member == set.primary_member()) return member.node->facts->server.get();
    if (source == nullptr || source->position < member.position) source = &member;
  }
  return source ? source->node->facts->server.get() : nullptr;
}

}  // namespace

std::optional<double> LagSeconds(const JoinedSet& set, const JoinedMember& member,
                                 const ReplicationHistory& history) {
  if (!Replicates(set, member)) return std::nullopt;
  const std::optional<double> raw = RawLag(set, member, history);
  if (!raw) return std::nullopt;
  return std::max(*raw - member.config.delay_seconds, 0.0);
}

Headroom OplogHeadroom(const JoinedSet& set, const JoinedMember& member) {
  Headroom headroom;
  if (!Replicates(set, member) || !member.position) return headroom;
  const ServerStatus* source = SyncSource(set);
  if (source == nullptr) return headroom;
  const double first = *source->oplog_first;
  headroom.seconds = member.position->seconds - first;
  if (source->oplog_last && *source->oplog_last > *source->oplog_first) {
    // A member can be ahead of the moment when the oplog's end was read.
    headroom.ratio = std::min(*headroom.seconds / (*source->oplog_last - first), 1.0);
  }
  return headroom;
}

std::optional<double> DataAtRiskSeconds(const JoinedSet& set, const ReplicationHistory& history) {
  if (!set.primary) return std::nullopt;
  std::optional<double> least;
  for (const JoinedMember& member : set.members) {
    if (!member.healthy || !member.config.electable() || member.state != kStateSecondary) continue;
    const std::optional<double> lag = LagSeconds(set, member, history);
    if (lag && (!least || *lag < *least)) least = lag;
  }
  return least;
}

std::optional<double> MajorityCommitLagSeconds(const JoinedSet& set) {
  const JoinedMember* primary = set.primary_member();
  if (primary == nullptr || !primary->answered) return std::nullopt;
  if (const ReplSetStatus* status = primary->status()) {
    if (status->applied && status->committed && *status->committed >= *status->applied) return 0;
    if (!status->applied_wall_ms || !status->committed_wall_ms) return std::nullopt;
    return SecondsBetween(*status->committed_wall_ms, *status->applied_wall_ms);
  }
  const Hello& hello = *primary->node->facts->hello;
  if (hello.last_write && hello.majority_write && *hello.majority_write >= *hello.last_write) {
    return 0;
  }
  if (!hello.last_write_ms || !hello.majority_write_ms) return std::nullopt;
  return SecondsBetween(*hello.majority_write_ms, *hello.last_write_ms);
}

}  // namespace replicawatch::mongo
