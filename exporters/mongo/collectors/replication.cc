#include <array>

#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

constexpr auto kGauge = MetricType::kGauge;
constexpr auto kScope = Scope::kCluster;

enum Index : size_t {
  kState,
  kRollbackId,
  kOplogWindow,
  kTooStale,
  kMajorityCommitLag,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_mongo_member_state",
     "The member's state as the server numbers it: 1 primary, 2 secondary, 3 recovering, 5 initial "
     "sync, 7 arbiter, 8 down, 9 rollback, 10 removed.",
     kGauge,
     "",
     kScope,
     {"group", "member"},
     "replSetGetStatus myState, of silent members members.state of the others"},
    {"replicawatch_mongo_rollback_id",
     "Rises with each rollback of the member, which undid writes that were not replicated, and "
     "with "
     "a start after a crash: replicawatch_mongo_last_transition_info tells which it was.",
     kGauge,
     "",
     kScope,
     {"group", "member"},
     "serverStatus repl.rbid"},
    {"replicawatch_mongo_oplog_window_seconds",
     "Time between the oldest and the newest entry of the member's oplog.",
     kGauge,
     "seconds",
     kScope,
     {"group", "member"},
     "serverStatus oplog.latestOptime minus oplog.earliestOptime"},
    {"replicawatch_mongo_too_stale",
     "1 if the member can't catch up any more and needs a full resync.",
     kGauge,
     "",
     kScope,
     {"group", "member"},
     "replSetGetStatus tooStale"},
    {"replicawatch_mongo_majority_commit_lag_seconds",
     "How far the point that a majority has is behind the primary; w:majority writes wait for it.",
     kGauge,
     "seconds",
     kScope,
     {"group"},
     "replSetGetStatus optimes.lastAppliedWallTime minus optimes.lastCommittedWallTime"},
}};

}  // namespace

MetricTable ReplicationMetrics() { return kTable; }

void EmitReplication(const View& view, SampleSink& sink) {
  for (const MemberDetails& details : view.details) {
    sink.Add(kTable[kState], details.state, {view.group, details.member});
    sink.Add(kTable[kRollbackId], details.rollback_id, {view.group, details.member});
    sink.Add(kTable[kOplogWindow], details.oplog_window_seconds, {view.group, details.member});
    sink.Add(kTable[kTooStale], details.too_stale, {view.group, details.member});
  }
  sink.Add(kTable[kMajorityCommitLag], view.majority_commit_lag_seconds, {view.group});
}

}  // namespace replicawatch::mongo
