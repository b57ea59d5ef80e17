// What holds writes up: flow control, write concerns that wait or run out of time, a block of user
// writes, a lock for backups.

#include <vector>

#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

struct Row {
  Reading reading;
  std::string_view name;
  std::string_view help;
  bool of_primary = false;  ///< on other members the server puts placeholders
};

constexpr Row kRows[] = {
    {Reading::kFlowControlEnabled, "replicawatch_mongo_flow_control_enabled",
     "1 if the primary slows writers down when the majority lags.", true},
    {Reading::kFlowControlLagged, "replicawatch_mongo_flow_control_lagged",
     "1 while the primary finds the majority lagged and slows writers down.", true},
    {Reading::kFlowControlLags, "replicawatch_mongo_flow_control_lags_total",
     "Times that the primary found the majority lagged.", true},
    {Reading::kFlowControlLaggedSeconds, "replicawatch_mongo_flow_control_lagged_seconds_total",
     "Time during which the primary found the majority lagged.", true},
    {Reading::kFlowControlWaitSeconds, "replicawatch_mongo_flow_control_wait_seconds_total",
     "Time that writers waited for flow control.", true},
    {Reading::kWriteWaits, "replicawatch_mongo_write_concern_waits_total",
     "Writes that waited for other members."},
    {Reading::kWriteWaitSeconds, "replicawatch_mongo_write_concern_wait_seconds_total",
     "Time that writes waited for other members."},
    {Reading::kWriteTimeouts, "replicawatch_mongo_write_concern_timeouts_total",
     "Writes whose wait for other members ran out of time."},
    {Reading::kDefaultTimeouts, "replicawatch_mongo_write_concern_default_timeouts_total",
     "Those of them that had the set's default write concern."},
    {Reading::kDefaultUnsatisfiable, "replicawatch_mongo_write_concern_default_unsatisfiable_total",
     "Writes with the set's default write concern that no number of members could satisfy."},
};
constexpr size_t kRowCount = std::size(kRows);

enum Index : size_t { kUserWritesBlocked = kRowCount, kFsyncLock };

const std::vector<MetricDesc>& Table() {
  static const std::vector<MetricDesc> table = [] {
    std::vector<MetricDesc> made;
    for (const Row& row : kRows) made.push_back(Family(row.name, row.help, SourceOf(row.reading)));
    made.push_back(Family("replicawatch_mongo_user_writes_blocked",
                          "1 while setUserWriteBlockMode refuses the writes of users.",
                          "serverStatus repl.userWriteBlockMode"));
    made.push_back(Family("replicawatch_mongo_fsync_locked",
                          "1 while the member is locked against writes by fsync.",
                          "currentOp fsyncLock"));
    return made;
  }();
  return table;
}

}  // namespace

MetricTable WriteMetrics() { return Table(); }

void EmitWrites(const View& view, SampleSink& sink) {
  const std::vector<MetricDesc>& table = Table();
  for (const MemberDetails& member : view.details) {
    sink.Add(table[kFsyncLock], member.fsync_locked, {view.group, member.member});
    if (!member.server) continue;
    for (size_t i = 0; i < kRowCount; ++i) {
      if (kRows[i].of_primary && member.state != kStatePrimary) continue;
      sink.Add(table[i], member.server->readings[static_cast<size_t>(kRows[i].reading)],
               {view.group, member.member});
    }
    if (member.server->user_write_block_mode)
      sink.Add(table[kUserWritesBlocked],
               *member.server->user_write_block_mode == kUserWriteBlockOn,
               {view.group, member.member});
  }
}

}  // namespace replicawatch::mongo
