// Elections: how many each member called and won, for which reason, and what ended its terms.

#include <array>

#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t {
  kCalled,
  kWon,
  kStepDowns,
  kCatchUps,
  kCatchUpsTimedOut,
  kTransition,
  kKilled,
  kElectable,
  kReason,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Family("replicawatch_mongo_elections_called_total",
           "Elections that the member called since its start, by reason in the server's words.",
           "serverStatus electionMetrics.*.called", {"group", "member", "reason"}),
    Family("replicawatch_mongo_elections_won_total",
           "Elections that the member won since its start, by reason in the server's words.",
           "serverStatus electionMetrics.*.successful", {"group", "member", "reason"}),
    Family("replicawatch_mongo_step_downs_by_higher_term_total",
           "Times that the member stepped down because it saw a higher term.",
           "serverStatus electionMetrics.numStepDownsCausedByHigherTerm"),
    Family("replicawatch_mongo_catch_ups_total",
           "Times that the member had to catch up after it was elected.",
           "serverStatus electionMetrics.numCatchUps"),
    Family("replicawatch_mongo_catch_ups_timed_out_total",
           "Times that it had not caught up in time: writes that others had were rolled back.",
           "serverStatus electionMetrics.numCatchUpsTimedOut"),
    Family("replicawatch_mongo_last_transition_info",
           "Always 1; the label says what the member's last change of state since its start was: "
           "stepUp, stepDown or rollback.",
           "serverStatus metrics.repl.stateTransition.lastStateTransition",
           {"group", "member", "transition"}),
    Family("replicawatch_mongo_last_transition_killed_operations",
           "Operations of users that the member's last change of state killed.",
           "serverStatus metrics.repl.stateTransition.userOperationsKilled"),
    Family("replicawatch_mongo_electable_members",
           "Members that could be elected now, the primary included.",
           "replSetGetConfig members.priority, with the state of each member", kOfGroup),
    Family("replicawatch_mongo_last_election_info",
           "Always 1; the label says in the server's words why the present primary was elected.",
           "replSetGetStatus electionCandidateMetrics.lastElectionReason", {"group", "reason"}),
}};

void EmitMember(const View& view, const MemberDetails& member, SampleSink& sink) {
  const ServerStatus& server = *member.server;
  for (size_t i = 0; i < kElectionReasons.size(); ++i) {
    const auto& [called, won] = server.elections[i];
    sink.Add(kTable[kCalled], called, {view.group, member.member, kElectionReasons[i]});
    sink.Add(kTable[kWon], won, {view.group, member.member, kElectionReasons[i]});
  }
  const auto add = [&](Index index, Reading reading) {
    sink.Add(kTable[index], server.readings[static_cast<size_t>(reading)],
             {view.group, member.member});
  };
  if (server.last_transition)
    sink.Add(kTable[kTransition], 1, {view.group, member.member, *server.last_transition});
  add(kStepDowns, Reading::kStepDownsByTerm);
  add(kCatchUps, Reading::kCatchUps);
  add(kCatchUpsTimedOut, Reading::kCatchUpsTimedOut);
  add(kKilled, Reading::kOperationsKilled);
}

}  // namespace

MetricTable ElectionMetrics() { return kTable; }

void EmitElections(const View& view, SampleSink& sink) {
  for (const MemberDetails& member : view.details) {
    if (member.server) EmitMember(view, member, sink);
    if (member.state == kStatePrimary && member.status && member.status->election_reason)
      sink.Add(kTable[kReason], 1, {view.group, *member.status->election_reason});
  }
  sink.Add(kTable[kElectable], view.electable_members, {view.group});
}

}  // namespace replicawatch::mongo
