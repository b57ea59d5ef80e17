#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch {

/// The words of one service: every state set publishes each of them as 0 or 1.
struct Vocabulary {
  std::string_view service;                           ///< "mongo", "redis", "minio"
  std::span<const std::string_view> roles;            ///< values of the label `role`
  std::span<const std::string_view> blocked_reasons;  ///< values of the label `reason`
};

/// What one collector cost and brought on one member.
struct CollectorOutcome {
  std::string_view collector;
  bool success = false;
  double seconds = 0;
};

/// One node of the deployment.
struct MemberOverview {
  std::string name;  ///< host:port as the deployment itself names it
  bool up = false;   ///< answered a query within the budget
  std::optional<Error> error;
  std::optional<double> clock_skew_seconds;  ///< its clock minus the exporter's
  std::vector<CollectorOutcome> outcomes;
};

/// One member's part in one replication group. A member that can't be reached keeps its last known
/// role.
struct Membership {
  std::string member;
  std::string_view role;  ///< one of Vocabulary::roles; empty when it was never known
  bool healthy = false;   ///< does its job now
  std::optional<double> lag_seconds;
  std::optional<double> lag_bytes;
  std::optional<double> headroom_seconds;
  std::optional<double> headroom_bytes;
  std::optional<double> headroom_ratio;
};

struct FailuresTolerated {
  std::string_view operation;  ///< "write", "read", for MinIO also "write_nodes", "read_nodes"
  int count = 0;               ///< negative: already lost, by that many
};

struct Views {
  std::string_view about;  ///< "primary", "config", "version"
  int distinct = 0;
};

/// One replication group: a set, a Sentinel master name, a Cluster shard, a MinIO pool/set.
struct GroupOverview {
  std::string name;
  std::vector<Membership> members;
  std::optional<bool> writable;
  std::vector<std::string_view>
      blocked_reasons;  ///< those that hold now, of Vocabulary::blocked_reasons
  std::vector<FailuresTolerated> failures_tolerated;
  std::optional<int> primaries;
  std::vector<Views> views;
  std::optional<double> data_at_risk_seconds;
  std::optional<double> data_at_risk_bytes;
  std::optional<double> term;
  std::optional<double> last_failover_timestamp_seconds;
  std::optional<double> last_failover_duration_seconds;
};

/// The joined view of one deployment in the words that all services share: the source of the common
/// families, of the landing page's table and of the log of state changes. Made by an exporter's
/// view.cc; a value, immutable once shared. What is not known is absent.
struct Overview {
  const Vocabulary* vocabulary = nullptr;
  std::string cluster;
  std::vector<MemberOverview> members;  ///< sorted by name, each once
  std::vector<GroupOverview> groups;

  bool up() const {
    for (const MemberOverview& member : members) {
      if (member.up) return true;
    }
    return false;
  }
};

}  // namespace replicawatch
