#include "exporters/mongo/history.h"

#include <algorithm>

namespace replicawatch::mongo {

void ReplicationHistory::Observe(const MemberFacts& facts) {
  if (!facts.answered || !facts.hello) return;
  if (facts.config) ForgetOtherSet(*facts.config);
  const Hello& hello = *facts.hello;
  if (!hello.writable_primary || !hello.last_write) return;
  const int64_t term = hello.election_term.value_or(hello.last_write->term);
  if (term < term_) return;  // has not noticed yet that another one was elected
  if (term > term_) {
    term_ = term;
    // What the old primary had beyond the point where the new one's history branches off is lost,
    // and no lag of anybody.
    if (facts.status && facts.status->term == term && facts.status->last_seen_at_election) {
      positions_.Rebase(*facts.status->last_seen_at_election);
    }
  }
  if (positions_.empty()) Begin(facts);
  positions_.Record(facts.hello_at, *hello.last_write);
}

void ReplicationHistory::Begin(const MemberFacts& primary) {
  began_at_ = primary.hello_at;
  began_wall_ms_ = primary.hello->last_write_ms;
  began_branch_.reset();
  if (!primary.status || !primary.status->last_election_ms || !primary.status->date_ms) return;
  began_branch_ = primary.status->last_seen_at_election;
  began_since_election_ =
      static_cast<double>(*primary.status->date_ms - *primary.status->last_election_ms) / 1000;
}

void ReplicationHistory::ForgetOtherSet(const ReplSetConfig& config) {
  if (!config.replica_set_id || config.replica_set_id == replica_set_id_) return;
  if (replica_set_id_) {
    // Initiated anew: terms and positions start again.
    positions_.Clear();
    term_ = -1;
  }
  replica_set_id_ = config.replica_set_id;
}

std::optional<double> ReplicationHistory::LagSeconds(const OpTime& position,
                                                     std::optional<int64_t> wall_ms,
                                                     TimePoint at) const {
  if (positions_.empty()) return std::nullopt;
  if (const auto behind = positions_.BehindFor(position, at)) return Seconds(*behind);
  const double since = std::max(Seconds(at - began_at_), 0.0);
  if (position == began_branch_) return std::max(began_since_election_, 0.0) + since;
  if (!wall_ms || !began_wall_ms_) return std::nullopt;
  return static_cast<double>(std::max<int64_t>(*began_wall_ms_ - *wall_ms, 0)) / 1000 + since;
}

}  // namespace replicawatch::mongo
