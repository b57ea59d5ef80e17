#include "exporters/mongo/join.h"

#include <algorithm>

#include "exporters/mongo/parse/command_result.h"

namespace replicawatch::mongo {
namespace {

/// A member whose last heartbeat is older than the interval and this much is not heard any more;
/// the observer's answer itself may be a second old.
/// The servers themselves take a hanging member for healthy until the election time-out (10 s).
constexpr int64_t kHeartbeatGraceMs = 1500;
constexpr int64_t kDefaultHeartbeatMs = 2000;
/// A candidate asks the old primary for its vote too, so that it steps down at once; it takes until
/// its next heartbeat only when that got lost.
constexpr auto kHandover = std::chrono::seconds(1);

/// What the member says of its own state. Its replSetGetStatus is never older than the last change
/// of what hello says (see Member::Sample), and knows more: an elected primary that still catches
/// up calls itself a secondary in hello.
std::optional<int> OwnState(const MemberFacts& facts) {
  if (facts.status_code == kNotYetInitialized) return kStateStartup;
  if (facts.status_code == kInvalidReplicaSetConfig) return kStateRemoved;
  if (!facts.hello) return std::nullopt;
  const Hello& hello = *facts.hello;
  if (hello.writable_primary) return kStatePrimary;
  if (facts.status && facts.status->my_state) return facts.status->my_state;
  if (hello.arbiter) return kStateArbiter;
  if (hello.secondary) return kStateSecondary;
  if (!hello.set_name && hello.replica_set) return kStateStartup;
  return std::nullopt;
}

std::optional<int64_t> OwnTerm(const MemberFacts& facts) {
  std::optional<int64_t> term;
  if (facts.status) term = facts.status->term;
  if (facts.hello && facts.hello->election_term) {
    term = std::max(term.value_or(-1), *facts.hello->election_term);
  }
  return term;
}

bool IsHeard(const MemberFacts& observer, const SeenMember& seen, TimePoint now) {
  const ReplSetStatus& status = *observer.status;
  if (!seen.healthy || !status.date_ms || !seen.last_heartbeat_recv_ms) return false;
  const int64_t age_then = *status.date_ms - *seen.last_heartbeat_recv_ms;
  const int64_t since_then =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - observer.status_at).count();
  const int64_t interval = status.heartbeat_interval_ms.value_or(kDefaultHeartbeatMs);
  return age_then + since_then <= interval + kHeartbeatGraceMs;
}

void TakeOwnFacts(const WatchedNode& node, TimePoint now, JoinedMember& member) {
  const MemberFacts& facts = *node.facts;
  member.node = &node;
  member.answered = member.alive = node.answered();
  member.state = OwnState(facts);
  member.term = OwnTerm(facts);
  member.claims_primary = member.answered && member.state == kStatePrimary;
  if (facts.hello && !facts.hello->arbiter) {
    member.position = facts.hello->last_write;
    member.position_wall_ms = facts.hello->last_write_ms;
  }
  member.position_at = member.answered ? facts.hello_at : now;
}

/// What the others say counts where the member itself can't be asked.
void TakeOthersFacts(std::span<const WatchedNode> nodes, TimePoint now, JoinedMember& member) {
  bool known = false;
  std::optional<int> heard_state;
  for (const WatchedNode& observer : nodes) {
    const ReplSetStatus* status = observer.facts->status.get();
    if (!observer.answered() || status == nullptr) continue;
    const SeenMember* seen = FindSeen(*status, member.config.host);
    if (seen == nullptr || seen->self) continue;
    known = true;
    const bool observer_leads = observer.facts->hello->writable_primary;
    const bool heard = IsHeard(*observer.facts, *seen, now);
    if (heard && (!heard_state || observer_leads)) heard_state = seen->state;
    if (member.position < seen->position) {
      member.position = seen->position;
      member.position_wall_ms = seen->applied_wall_ms;
    } else if (!member.position && seen->applied_wall_ms) {
      // While a member is down its optime is cleared, the wall clock is kept.
      member.position_wall_ms = seen->applied_wall_ms;
    }
  }
  if (member.answered) {
    if (!member.state) member.state = heard_state;
    return;
  }
  member.alive = heard_state.has_value();
  if (heard_state) member.state = heard_state;
  if (!heard_state && known) member.state = kStateDown;
}

/// The term of which the member says that it is primary. It may know of a newer one by now.
std::optional<int64_t> ClaimedTerm(const JoinedMember& member) {
  if (!member.claims_primary) return std::nullopt;
  const MemberFacts& facts = *member.node->facts;
  if (facts.hello->writable_primary) return facts.hello->election_term;
  return facts.status->term;
}

/// When the member was asked to which it answered that it is primary.
TimePoint ClaimAskedAt(const JoinedMember& member) {
  const MemberFacts& facts = *member.node->facts;
  return facts.hello->writable_primary ? facts.hello_asked_at : facts.status_asked_at;
}

/// Members are not asked at the same moment, and an old primary steps down a moment after the new
/// one was elected: then its claim of a lower term is no second primary.
void DropOldClaims(std::vector<JoinedMember>& members) {
  std::vector<JoinedMember*> old;
  for (JoinedMember& member : members) {
    const std::optional<int64_t> term = ClaimedTerm(member);
    const auto outdates = [&](const JoinedMember& other) {
      return ClaimedTerm(other) > term &&
             ClaimAskedAt(member) < other.node->facts->claimed_at + kHandover;
    };
    if (term && std::any_of(members.begin(), members.end(), outdates)) old.push_back(&member);
  }
  for (JoinedMember* member : old) {
    member->claims_primary = false;
    member->state = kStateSecondary;
  }
}

/// The claimant with the highest term. When none answers us, but the others hear one, that one.
std::optional<size_t> FindPrimary(std::vector<JoinedMember>& members) {
  std::optional<size_t> primary;
  for (size_t i = 0; i < members.size(); ++i) {
    if (!members[i].claims_primary) continue;
    if (!primary || ClaimedTerm(members[i]) > ClaimedTerm(members[*primary])) primary = i;
  }
  if (primary) return primary;
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i].answered || !members[i].alive || members[i].state != kStatePrimary) continue;
    members[i].claims_primary = true;
    return i;
  }
  return std::nullopt;
}

bool DoesItsJob(const JoinedMember& member) {
  return member.alive && (member.state == kStatePrimary || member.state == kStateSecondary ||
                          member.state == kStateArbiter);
}

}  // namespace

const SeenMember* FindSeen(const ReplSetStatus& observer, std::string_view member) {
  const auto found = std::find_if(observer.members.begin(), observer.members.end(),
                                  [&](const SeenMember& seen) { return seen.name == member; });
  return found == observer.members.end() ? nullptr : &*found;
}

JoinedSet Join(std::span<const WatchedNode> nodes, const Topology& topology, TimePoint now) {
  JoinedSet set;
  for (const ConfiguredMember& config : topology.members) {
    JoinedMember& member = set.members.emplace_back();
    member.config = config;
    member.position_at = now;
    for (const WatchedNode& node : nodes) {
      if (node.name == config.host) TakeOwnFacts(node, now, member);
    }
    TakeOthersFacts(nodes, now, member);
    set.anyone_answered |= member.answered;
  }
  DropOldClaims(set.members);
  set.primary = FindPrimary(set.members);
  const ReplSetStatus* primary = set.primary_status();
  for (JoinedMember& member : set.members) {
    const SeenMember* seen = primary ? FindSeen(*primary, member.config.host) : nullptr;
    // A member that answers us and that the primary can't reach acknowledges no write.
    member.healthy = DoesItsJob(member) && (seen == nullptr || seen->healthy);
  }
  return set;
}

}  // namespace replicawatch::mongo
