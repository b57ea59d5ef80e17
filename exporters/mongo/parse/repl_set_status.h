#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/mongo/parse/optime.h"

namespace replicawatch::mongo {

/// Numbers of the states of a member, as in replSetGetStatus.
enum MemberState : int {
  kStateStartup = 0,
  kStatePrimary = 1,
  kStateSecondary = 2,
  kStateRecovering = 3,
  kStateStartup2 = 5,
  kStateUnknown = 6,
  kStateArbiter = 7,
  kStateDown = 8,
  kStateRollback = 9,
  kStateRemoved = 10,
};

/// A member as the answering one sees it, itself included.
struct SeenMember {
  std::string name;
  bool self = false;
  bool healthy = false;  ///< heartbeats get through; always true for itself
  int state = kStateUnknown;
  std::optional<OpTime> position;  ///< applied; of others as old as the last heartbeat
  std::optional<int64_t>
      applied_wall_ms;  ///< kept while the member is down (5.2; backported to 4.4)
  std::optional<int64_t> config_version;
  std::optional<int64_t> config_term;        ///< 4.4
  std::optional<int64_t> last_heartbeat_ms;  ///< the last answer from it, by the observer's clock
  std::optional<int64_t> last_heartbeat_recv_ms;  ///< the last heartbeat that it sent
  std::optional<double> ping_seconds;             ///< nothing until it was measured
  bool authenticated = true;  ///< false: it does not accept the observer's key file or certificate
  std::optional<uint32_t> elected_seconds;  ///< electionTime, of a primary
  std::string sync_source;                  ///< empty: none
  bool maintenance = false;                 ///< told of itself only
};

/// The first copy of a member that joins, while it goes on (state STARTUP2).
struct InitialSync {
  std::optional<double> size_bytes;    ///< 5.0
  std::optional<double> copied_bytes;  ///< 5.0
  std::optional<double> remaining_seconds;
  std::optional<double> elapsed_seconds;
  std::optional<double> failed_attempts;
  std::optional<double> max_failed_attempts;
  std::optional<double> outage_seconds;  ///< of its sync source, now
};

/// The answer to `replSetGetStatus`.
struct ReplSetStatus {
  std::optional<std::string> set;
  std::optional<int64_t> date_ms;
  std::optional<int> my_state;
  std::optional<int64_t> term;
  std::optional<int64_t> heartbeat_interval_ms;
  std::optional<int> majority_vote_count;   ///< 4.2
  std::optional<int> write_majority_count;  ///< 4.2
  std::optional<OpTime> applied;
  std::optional<OpTime> committed;
  std::optional<int64_t> applied_wall_ms;
  std::optional<int64_t> committed_wall_ms;
  bool too_stale = false;  ///< can't catch up any more
  // electionCandidateMetrics, of the primary only (4.2)
  std::optional<int64_t> last_election_ms;
  std::optional<int64_t> majority_writes_ms;    ///< when the new primary accepted w:majority
  std::optional<OpTime> last_seen_at_election;  ///< where the new primary's history branches off
  std::optional<std::string> election_reason;   ///< of the present primary's
  std::optional<InitialSync> initial_sync;
  std::vector<SeenMember> members;
};

/// Errors: kParse.
Result<ReplSetStatus> ParseReplSetStatus(std::string_view bson);

}  // namespace replicawatch::mongo
