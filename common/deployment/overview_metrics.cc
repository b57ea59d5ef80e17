#include "common/deployment/overview_metrics.h"

#include <algorithm>
#include <array>

namespace replicawatch {
namespace {

constexpr std::string_view kJoin = "joined from the answers of all members";
constexpr auto kGauge = MetricType::kGauge;
constexpr auto kScope = Scope::kCluster;

enum Index : size_t {
  kUp,
  kMemberUp,
  kMemberError,
  kMemberRole,
  kMembersExpected,
  kMembersHealthy,
  kWritable,
  kWriteBlocked,
  kFailuresTolerated,
  kPrimaries,
  kViews,
  kLagSeconds,
  kLagBytes,
  kRiskSeconds,
  kRiskBytes,
  kHeadroomSeconds,
  kHeadroomBytes,
  kHeadroomRatio,
  kTerm,
  kFailoverTimestamp,
  kFailoverDuration,
  kClockSkew,
  kScrapeDuration,
  kCollectorSuccess,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_up",
     "1 if at least one member of the deployment answered.",
     kGauge,
     "",
     kScope,
     {},
     kJoin},
    {"replicawatch_member_up",
     "1 if this member answered a query within the scrape's budget.",
     kGauge,
     "",
     kScope,
     {"member"},
     "any answer of the member"},
    {"replicawatch_member_error",
     "1 for the code of the member's last failure while that failure lasts.",
     kGauge,
     "",
     kScope,
     {"member", "code"},
     "the failed query"},
    {"replicawatch_member_role",
     "The member's role in the group as a state set; a silent member keeps its last one.",
     kGauge,
     "",
     kScope,
     {"group", "member", "role"},
     "mongo: replSetGetStatus members.state, replSetGetConfig; redis: INFO role, SENTINEL; minio: "
     "admin info"},
    {"replicawatch_members_expected",
     "Configured or known members of the group.",
     kGauge,
     "",
     kScope,
     {"group"},
     kJoin},
    {"replicawatch_members_healthy",
     "Members of the group that do their job now.",
     kGauge,
     "",
     kScope,
     {"group"},
     kJoin},
    {"replicawatch_writable",
     "1 if a write with the deployment's default durability would be accepted now.",
     kGauge,
     "",
     kScope,
     {"group"},
     kJoin},
    {"replicawatch_write_blocked",
     "Why a write would be refused now, as a state set of reasons.",
     kGauge,
     "",
     kScope,
     {"group", "reason"},
     kJoin},
    {"replicawatch_failures_tolerated",
     "Members (MinIO: drives, or nodes) that may still be lost before the operation stops; "
     "negative: already lost.",
     kGauge,
     "",
     kScope,
     {"group", "operation"},
     kJoin},
    {"replicawatch_primaries",
     "Members that act as primary at once: 0 none, 1 right, 2 or more split brain.",
     kGauge,
     "",
     kScope,
     {"group"},
     kJoin},
    {"replicawatch_views",
     "Distinct answers of the members that answered; 1 means that they agree.",
     kGauge,
     "",
     kScope,
     {"group", "about"},
     kJoin},
    {"replicawatch_replication_lag_seconds",
     "How long the member has been behind the primary; 0 when it has everything, a configured "
     "delay is subtracted.",
     kGauge,
     "seconds",
     kScope,
     {"group", "member"},
     "mongo: optimes of hello and replSetGetStatus; redis: INFO master_repl_offset, "
     "slave_repl_offset"},
    {"replicawatch_replication_lag_bytes",
     "Bytes of the replication stream that the member does not have yet.",
     kGauge,
     "bytes",
     kScope,
     {"group", "member"},
     "redis: INFO master_repl_offset minus slave_repl_offset"},
    {"replicawatch_data_at_risk_seconds",
     "Seconds of writes that only the primary has: lost if it died now and the best promotable "
     "member took over.",
     kGauge,
     "seconds",
     kScope,
     {"group"},
     kJoin},
    {"replicawatch_data_at_risk_bytes",
     "Bytes of writes that only the primary has: lost if it died now and the best promotable "
     "member took over.",
     kGauge,
     "bytes",
     kScope,
     {"group"},
     kJoin},
    {"replicawatch_resync_headroom_seconds",
     "Time that is left before the member needs a full copy.",
     kGauge,
     "seconds",
     kScope,
     {"group", "member"},
     "mongo: serverStatus oplog; redis: INFO repl_backlog_*"},
    {"replicawatch_resync_headroom_bytes",
     "Bytes of the stream that are left before the member needs a full copy.",
     kGauge,
     "bytes",
     kScope,
     {"group", "member"},
     "redis: INFO repl_backlog_*"},
    {"replicawatch_resync_headroom_ratio",
     "What is left before the member needs a full copy, of the whole window.",
     kGauge,
     "ratio",
     kScope,
     {"group", "member"},
     "mongo: serverStatus oplog; redis: INFO repl_backlog_*"},
    {"replicawatch_term",
     "The group's monotone election number.",
     kGauge,
     "",
     kScope,
     {"group"},
     "mongo: replSetGetStatus term; redis: SENTINEL MASTERS config-epoch"},
    {"replicawatch_last_failover_timestamp_seconds",
     "When the present primary took over, in Unix time.",
     kGauge,
     "seconds",
     kScope,
     {"group"},
     "mongo: replSetGetStatus electionCandidateMetrics.lastElectionDate"},
    {"replicawatch_last_failover_duration_seconds",
     "From the last election until majority writes were possible again.",
     kGauge,
     "seconds",
     kScope,
     {"group"},
     "mongo: replSetGetStatus electionCandidateMetrics.wMajorityWriteAvailabilityDate minus "
     "lastElectionDate"},
    {"replicawatch_clock_skew_seconds",
     "The member's clock minus the exporter's, corrected by half the round trip.",
     kGauge,
     "seconds",
     kScope,
     {"member"},
     "mongo: hello localTime; redis: TIME; minio: X-Amz-Request-Id"},
    {"replicawatch_scrape_duration_seconds",
     "How long the collector's queries took on the member.",
     kGauge,
     "seconds",
     kScope,
     {"member", "collector"},
     "the exporter's clock"},
    {"replicawatch_collector_success",
     "1 if the collector's queries on the member succeeded.",
     kGauge,
     "",
     kScope,
     {"member", "collector"},
     "the queries' results"},
}};

void EmitMember(const MemberOverview& member, SampleSink& sink) {
  sink.Add(kTable[kMemberUp], member.up, {member.name});
  if (member.error)
    sink.Add(kTable[kMemberError], 1, {member.name, ErrorCodeName(member.error->code)});
  for (const CollectorOutcome& outcome : member.outcomes) {
    sink.Add(kTable[kScrapeDuration], outcome.seconds, {member.name, outcome.collector});
    sink.Add(kTable[kCollectorSuccess], outcome.success, {member.name, outcome.collector});
  }
}

void EmitMembership(const Vocabulary& vocabulary, std::string_view group, const Membership& member,
                    SampleSink& sink) {
  if (!member.role.empty()) {
    for (const std::string_view role : vocabulary.roles) {
      sink.Add(kTable[kMemberRole], role == member.role, {group, member.member, role});
    }
  }
  sink.Add(kTable[kLagSeconds], member.lag_seconds, {group, member.member});
  sink.Add(kTable[kLagBytes], member.lag_bytes, {group, member.member});
  sink.Add(kTable[kHeadroomSeconds], member.headroom_seconds, {group, member.member});
  sink.Add(kTable[kHeadroomBytes], member.headroom_bytes, {group, member.member});
  sink.Add(kTable[kHeadroomRatio], member.headroom_ratio, {group, member.member});
}

void EmitWritable(const Vocabulary& vocabulary, const GroupOverview& group, SampleSink& sink) {
  if (!group.writable) return;
  sink.Add(kTable[kWritable], *group.writable, {group.name});
  const auto& active = group.blocked_reasons;
  for (const std::string_view reason : vocabulary.blocked_reasons) {
    const bool holds = std::find(active.begin(), active.end(), reason) != active.end();
    sink.Add(kTable[kWriteBlocked], holds, {group.name, reason});
  }
}

void EmitGroup(const Vocabulary& vocabulary, const GroupOverview& group, SampleSink& sink) {
  const auto healthy = std::count_if(group.members.begin(), group.members.end(),
                                     [](const Membership& m) { return m.healthy; });
  sink.Add(kTable[kMembersExpected], static_cast<double>(group.members.size()), {group.name});
  sink.Add(kTable[kMembersHealthy], static_cast<double>(healthy), {group.name});
  for (const Membership& member : group.members)
    EmitMembership(vocabulary, group.name, member, sink);
  EmitWritable(vocabulary, group, sink);
  for (const FailuresTolerated& spare : group.failures_tolerated) {
    sink.Add(kTable[kFailuresTolerated], spare.count, {group.name, spare.operation});
  }
  if (group.primaries) sink.Add(kTable[kPrimaries], *group.primaries, {group.name});
  for (const Views& views : group.views)
    sink.Add(kTable[kViews], views.distinct, {group.name, views.about});
  sink.Add(kTable[kRiskSeconds], group.data_at_risk_seconds, {group.name});
  sink.Add(kTable[kRiskBytes], group.data_at_risk_bytes, {group.name});
  sink.Add(kTable[kTerm], group.term, {group.name});
  sink.Add(kTable[kFailoverTimestamp], group.last_failover_timestamp_seconds, {group.name});
  sink.Add(kTable[kFailoverDuration], group.last_failover_duration_seconds, {group.name});
}

}  // namespace

MetricTable OverviewMetrics() { return kTable; }

void EmitOverview(const Overview& overview, bool deployment, SampleSink& sink) {
  sink.EnterCluster(overview.vocabulary->service, overview.cluster);
  sink.Add(kTable[kUp], overview.up());
  for (const MemberOverview& member : overview.members) EmitMember(member, sink);
  if (!deployment) return;
  for (const MemberOverview& member : overview.members) {
    sink.Add(kTable[kClockSkew], member.clock_skew_seconds, {member.name});
  }
  for (const GroupOverview& group : overview.groups) EmitGroup(*overview.vocabulary, group, sink);
}

}  // namespace replicawatch
