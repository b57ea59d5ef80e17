#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/deployment/overview.h"
#include "exporters/mongo/config_mistakes.h"
#include "exporters/mongo/history.h"
#include "exporters/mongo/topology.h"

namespace replicawatch::mongo {

/// What only MongoDB has, for one member.
struct MemberDetails {
  std::string member;
  std::optional<double> state;  ///< the number of replSetGetStatus
  std::optional<double> rollback_id;
  std::optional<double> oplog_window_seconds;
  std::optional<double> too_stale;  ///< 1: needs a full resync
  // What it answered in this round; null or nothing when it did not.
  std::shared_ptr<const ReplSetStatus> status;
  std::shared_ptr<const ServerStatus> server;
  std::optional<OplogStats> oplog;
  std::optional<Compatibility> compatibility;
  std::optional<bool> fsync_locked;
};

/// The joined view of one replica set: a value, immutable once shared.
struct View {
  Overview overview;
  std::string group;               ///< the set's name, empty when it is not known
  std::vector<WatchedNode> nodes;  ///< all that are watched, for the collector node
  std::vector<MemberDetails> details;
  std::optional<double> majority_commit_lag_seconds;
  std::optional<double> electable_members;  ///< that could be elected now
  std::vector<ConfigMistake> mistakes;      ///< empty when the configuration is not known
};

struct ViewInput {
  std::string_view cluster_name;  ///< as configured; empty: the set's name, else the first seed
  std::string_view first_seed;
  std::span<const WatchedNode> nodes;
  const ReplicationHistory& history;
  TimePoint now;
};

/// Joins what all members told. Pure: no clock, no I/O.
View BuildView(const ViewInput& input);

const Vocabulary& MongoVocabulary();

}  // namespace replicawatch::mongo
