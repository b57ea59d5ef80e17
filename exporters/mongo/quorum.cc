#include "exporters/mongo/quorum.h"

#include <algorithm>

namespace replicawatch::mongo {
namespace {

template <class Predicate>
int Count(const JoinedSet& set, Predicate predicate) {
  return static_cast<int>(std::count_if(set.members.begin(), set.members.end(), predicate));
}

/// The primary's word on the counts, else anybody's.
const ReplSetStatus* AnyStatus(const JoinedSet& set) {
  if (set.primary_status() != nullptr) return set.primary_status();
  for (const JoinedMember& member : set.members) {
    if (member.status() != nullptr) return member.status();
  }
  return nullptr;
}

struct Majorities {
  int votes;
  int writes;
};

Majorities FindMajorities(const JoinedSet& set) {
  const int voters = Count(set, [](const JoinedMember& m) { return m.votes(); });
  const int writers = Count(set, [](const JoinedMember& m) { return m.votes() && m.has_data(); });
  Majorities counts{voters / 2 + 1, std::min(voters / 2 + 1, writers)};
  if (const ReplSetStatus* status = AnyStatus(set)) {
    counts.votes = status->majority_vote_count.value_or(counts.votes);
    counts.writes = status->write_majority_count.value_or(counts.writes);
  }
  return counts;
}

bool UserWritesBlocked(const JoinedMember& primary) {
  if (!primary.answered || !primary.node->facts->server) return false;
  return primary.node->facts->server->user_write_block_mode == kUserWriteBlockOn;
}

bool IsLocked(const JoinedMember& primary) {
  return primary.answered && primary.node->facts->fsync_locked.value_or(false);
}

/// Elected, but still catching up: not before that it accepts writes.
bool AcceptsWrites(const JoinedMember& primary) {
  return !primary.answered || primary.node->facts->hello->writable_primary;
}

}  // namespace

Quorum CountQuorum(const JoinedSet& set) {
  const Majorities needed = FindMajorities(set);
  const int voters = Count(set, [](const JoinedMember& m) { return m.healthy && m.votes(); });
  const int writers =
      Count(set, [](const JoinedMember& m) { return m.healthy && m.votes() && m.has_data(); });
  const int electable =
      Count(set, [](const JoinedMember& m) { return m.healthy && m.config.electable(); });
  const int copies = Count(set, [](const JoinedMember& m) { return m.healthy && m.has_data(); });

  Quorum quorum;
  quorum.electable = electable;
  quorum.spare_for_writes =
      std::min({voters - needed.votes, writers - needed.writes, electable - 1});
  quorum.spare_for_reads = copies - 1;
  const JoinedMember* primary = set.primary_member();
  if (primary == nullptr || !AcceptsWrites(*primary)) quorum.blocked.push_back(kNoPrimary);
  if (writers < needed.writes || voters < needed.votes) quorum.blocked.push_back(kNoMajority);
  if (primary != nullptr && UserWritesBlocked(*primary)) quorum.blocked.push_back(kReadOnly);
  if (primary != nullptr && IsLocked(*primary)) quorum.blocked.push_back(kFsyncLocked);
  return quorum;
}

}  // namespace replicawatch::mongo
