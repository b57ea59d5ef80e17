#pragma once

#include <optional>
#include <string>

#include "common/deployment/position_history.h"
#include "exporters/mongo/facts.h"

namespace replicawatch::mongo {

/// The positions of the set's primary over time, across failovers. Fed with what each member says
/// of itself; only the claimant with the highest term counts. Not synchronised.
class ReplicationHistory {
 public:
  /// Takes in the member's newest answers.
  void Observe(const MemberFacts& facts);

  /// How long, in seconds at `at`, a member at `position` has been behind: 0 when it has all that
  /// any primary was seen to have. For a position of before the history began, the difference of
  /// the wall clocks of the entries says how far it was behind then; nothing without `wall_ms`.
  std::optional<double> LagSeconds(const OpTime& position, std::optional<int64_t> wall_ms,
                                   TimePoint at) const;

  bool empty() const { return positions_.empty(); }

 private:
  void ForgetOtherSet(const ReplSetConfig& config);
  void Begin(const MemberFacts& primary);

  PositionHistory<OpTime> positions_;
  std::optional<std::string> replica_set_id_;
  int64_t term_ = -1;
  TimePoint began_at_;                    // of the oldest position
  std::optional<int64_t> began_wall_ms_;  // the wall clock of its entry
  // Where that primary's entries begin, and how long it had been elected then. The set may have
  // been idle before: a member that has all until there lags since the election and no longer.
  std::optional<OpTime> began_branch_;
  double began_since_election_ = 0;
};

}  // namespace replicawatch::mongo
