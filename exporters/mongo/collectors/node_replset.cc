// The set as one member sees it, under the old names of mongodb_exporter; lag as it should be.

#include <array>

#include "exporters/mongo/collectors/node.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t {
  kMyState,
  kMyName,
  kMembers,
  kTerm,
  kInterval,
  kLag,
  kElectionDate,
  kPing,
  kHeartbeat,
  kHeartbeatRecv,
  kConfigVersion,
  kHealth,
  kState,
  kOptime,
  kHead,
  kTail,
  kIndexSize,
};

constexpr LabelNames kOfSeen = {"name", "state", "set", "self"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    NodeFamily("mongodb_mongod_replset_my_state", "State of this member, numbered by the server.",
               "replSetGetStatus myState", {"set"}),
    NodeFamily("mongodb_mongod_replset_my_name", "Always 1; the label is this member's name.",
               "replSetGetStatus members.name of itself", {"set", "name"}),
    NodeFamily("mongodb_mongod_replset_number_of_members", "Members of the set, all of them.",
               "replSetGetStatus members", {"set"}),
    NodeFamily("mongodb_mongod_replset_term", "Term that this member knows of.",
               "replSetGetStatus term", {"set"}),
    NodeFamily("mongodb_mongod_replset_heartbeat_interval_millis",
               "Milliseconds between heartbeats.", "replSetGetStatus heartbeatIntervalMillis",
               {"set"}),
    NodeFamily("mongodb_mongod_replset_member_replication_lag",
               "Seconds that the member is behind the primary, as this member sees both.",
               "replSetGetStatus members.lastAppliedWallTime", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_election_date",
               "When the member was elected, since the Unix epoch.",
               "replSetGetStatus members.electionTime", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_ping_ms", "Milliseconds to the member and back.",
               "replSetGetStatus members.pingMs", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_last_heartbeat",
               "Last answer to a heartbeat, since the Unix epoch.",
               "replSetGetStatus members.lastHeartbeat", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_last_heartbeat_recv",
               "Last heartbeat received, since the Unix epoch.",
               "replSetGetStatus members.lastHeartbeatRecv", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_config_version",
               "Version of the configuration that the member has.",
               "replSetGetStatus members.configVersion", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_health", "1 if this member hears the other.",
               "replSetGetStatus members.health", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_state", "State of the member.",
               "replSetGetStatus members.state", kOfSeen),
    NodeFamily("mongodb_mongod_replset_member_optime_date",
               "Time of the newest entry that the member has, since the Unix epoch.",
               "replSetGetStatus members.optime.ts", kOfSeen),
    NodeFamily("mongodb_mongod_replset_oplog_head_timestamp",
               "Time of the newest entry of the oplog, since the Unix epoch.",
               "serverStatus oplog.latestOptime"),
    NodeFamily("mongodb_mongod_replset_oplog_tail_timestamp",
               "Time of the oldest entry of the oplog, since the Unix epoch.",
               "serverStatus oplog.earliestOptime"),
}};

std::string_view StateWord(int state) {
  switch (state) {
    case kStateStartup:
      return "STARTUP";
    case kStatePrimary:
      return "PRIMARY";
    case kStateSecondary:
      return "SECONDARY";
    case kStateRecovering:
      return "RECOVERING";
    case kStateStartup2:
      return "STARTUP2";
    case kStateArbiter:
      return "ARBITER";
    case kStateDown:
      return "(not reachable/healthy)";
    case kStateRollback:
      return "ROLLBACK";
    case kStateRemoved:
      return "REMOVED";
    default:
      return "UNKNOWN";
  }
}

std::optional<double> Seconds(std::optional<int64_t> ms) {
  if (!ms) return std::nullopt;
  return static_cast<double>(*ms) / 1000;
}

const SeenMember* FindPrimary(const ReplSetStatus& status) {
  for (const SeenMember& seen : status.members) {
    if (seen.state == kStatePrimary && seen.healthy) return &seen;
  }
  return nullptr;
}

/// Never below 0: the member may be seen fresher than the primary.
std::optional<double> LagOf(const SeenMember& seen, const SeenMember* primary) {
  if (primary == nullptr || primary == &seen || seen.state == kStateArbiter) return std::nullopt;
  if (!seen.applied_wall_ms || !primary->applied_wall_ms) return std::nullopt;
  return std::max(*Seconds(primary->applied_wall_ms) - *Seconds(seen.applied_wall_ms), 0.0);
}

void EmitSeen(const ReplSetStatus& status, const SeenMember& seen, const std::string& set,
              SampleSink& sink) {
  const auto add = [&](Index index, std::optional<double> value) {
    sink.Add(kTable[index], value, {seen.name, StateWord(seen.state), set, seen.self ? "1" : "0"});
  };
  add(kLag, LagOf(seen, FindPrimary(status)));
  if (seen.elected_seconds) add(kElectionDate, *seen.elected_seconds);
  if (seen.ping_seconds) add(kPing, *seen.ping_seconds * 1000);
  add(kHeartbeat, Seconds(seen.last_heartbeat_ms));
  add(kHeartbeatRecv, Seconds(seen.last_heartbeat_recv_ms));
  if (seen.config_version) add(kConfigVersion, static_cast<double>(*seen.config_version));
  add(kHealth, seen.healthy);
  add(kState, seen.state);
  if (seen.position) add(kOptime, seen.position->seconds);
}

}  // namespace

MetricTable NodeReplSetMetrics() { return kTable; }

void EmitNodeReplSet(const WatchedNode& node, SampleSink& sink) {
  const MemberFacts& facts = *node.facts;
  if (facts.server && facts.server->oplog_first && facts.server->oplog_last) {
    sink.Add(kTable[kHead], *facts.server->oplog_last);
    sink.Add(kTable[kTail], *facts.server->oplog_first);
  }
  if (!facts.status) return;
  const ReplSetStatus& status = *facts.status;
  const std::string set = status.set.value_or("");
  if (status.my_state) sink.Add(kTable[kMyState], *status.my_state, {set});
  sink.Add(kTable[kMembers], static_cast<double>(status.members.size()), {set});
  if (status.term) sink.Add(kTable[kTerm], static_cast<double>(*status.term), {set});
  if (status.heartbeat_interval_ms)
    sink.Add(kTable[kInterval], static_cast<double>(*status.heartbeat_interval_ms), {set});
  for (const SeenMember& seen : status.members) {
    if (seen.self) sink.Add(kTable[kMyName], 1, {set, seen.name});
    EmitSeen(status, seen, set, sink);
  }
}

}  // namespace replicawatch::mongo
