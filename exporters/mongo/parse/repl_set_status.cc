#include "exporters/mongo/parse/repl_set_status.h"

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {
namespace {

std::optional<int> SmallInt(const Document& document, const char* key) {
  const std::optional<int64_t> value = document.Int(key);
  if (!value || *value < INT32_MIN || *value > INT32_MAX) return std::nullopt;
  return static_cast<int>(*value);
}

SeenMember ReadMember(const Document& document) {
  SeenMember member;
  member.name = document.Text("name").value_or("");
  member.self = document.Flag("self");
  member.healthy = document.Flag("health");
  member.state = SmallInt(document, "state").value_or(kStateUnknown);
  member.position = document.Position("optime");
  member.applied_wall_ms = document.DateMs("lastAppliedWallTime");
  if (!member.applied_wall_ms) member.applied_wall_ms = document.DateMs("optimeDate");
  member.config_version = document.Int("configVersion");
  member.config_term = document.Int("configTerm");
  member.last_heartbeat_ms = document.DateMs("lastHeartbeat");
  member.last_heartbeat_recv_ms = document.DateMs("lastHeartbeatRecv");
  const std::optional<double> ping_ms = document.Number("pingMs");
  if (ping_ms && *ping_ms >= 0) member.ping_seconds = *ping_ms / 1000;
  member.authenticated = !document.Has("authenticated") || document.Flag("authenticated");
  member.elected_seconds = document.TimestampSeconds("electionTime");
  member.sync_source = document.Text("syncSourceHost").value_or("");
  member.maintenance = document.Flag("maintenanceMode");
  return member;
}

void ReadElection(const Document& document, ReplSetStatus& status) {
  const auto election = document.Child("electionCandidateMetrics");
  if (!election) return;
  status.last_election_ms = election->DateMs("lastElectionDate");
  status.majority_writes_ms = election->DateMs("wMajorityWriteAvailabilityDate");
  status.last_seen_at_election = election->Position("lastSeenOpTimeAtElection");
  status.election_reason = election->Text("lastElectionReason");
}

void ReadInitialSync(const Document& document, ReplSetStatus& status) {
  const auto sync = document.Child("initialSyncStatus");
  if (!sync) return;
  const auto seconds = [&](const char* key) -> std::optional<double> {
    const std::optional<double> ms = sync->Number(key);
    if (!ms) return std::nullopt;
    return *ms / 1000;
  };
  status.initial_sync = InitialSync{sync->Number("approxTotalDataSize"),
                                    sync->Number("approxTotalBytesCopied"),
                                    seconds("remainingInitialSyncEstimatedMillis"),
                                    seconds("totalInitialSyncElapsedMillis"),
                                    sync->Number("failedInitialSyncAttempts"),
                                    sync->Number("maxFailedInitialSyncAttempts"),
                                    seconds("currentOutageDurationMillis")};
}

}  // namespace

Result<ReplSetStatus> ParseReplSetStatus(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  ReplSetStatus status;
  status.set = document->Text("set");
  status.date_ms = document->DateMs("date");
  status.my_state = SmallInt(*document, "myState");
  status.term = document->Int("term");
  status.heartbeat_interval_ms = document->Int("heartbeatIntervalMillis");
  status.majority_vote_count = SmallInt(*document, "majorityVoteCount");
  status.write_majority_count = SmallInt(*document, "writeMajorityCount");
  status.too_stale = document->Flag("tooStale");
  if (const auto times = document->Child("optimes")) {
    status.applied = times->Position("appliedOpTime");
    status.committed = times->Position("lastCommittedOpTime");
    status.applied_wall_ms = times->DateMs("lastAppliedWallTime");
    status.committed_wall_ms = times->DateMs("lastCommittedWallTime");
  }
  ReadElection(*document, status);
  ReadInitialSync(*document, status);
  if (const auto members = document->Child("members")) {
    members->EachDocument(
        [&](const Document& member) { status.members.push_back(ReadMember(member)); });
  }
  return status;
}

}  // namespace replicawatch::mongo
