// What every Sentinel says of each group: no one of them alone tells whether a failover would work.

#include <array>

#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kQuorum, kTilt, kMasterDown, kKnown, kUsable, kVotedEpoch, kIndexSize };

constexpr MetricDesc Fact(std::string_view name, std::string_view help, std::string_view source,
                          const decltype(MetricDesc::labels)& labels) {
  return {name, help, MetricType::kGauge, "", Scope::kCluster, labels, source};
}

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Fact("replicawatch_redis_sentinel_quorum",
         "Whether this Sentinel could begin a failover and get it authorised, as a state set: ok, "
         "lost, or unknown when it can't be asked.",
         "SENTINEL CKQUORUM of each Sentinel", {"group", "member", "state"}),
    Fact("replicawatch_redis_sentinel_tilt",
         "1 while the Sentinel has stopped acting because its clock jumped.", "INFO: sentinel_tilt",
         {"group", "member"}),
    Fact("replicawatch_redis_sentinel_master_down",
         "Whether this Sentinel finds the master down, as a state set: subjective is its own "
         "opinion, objective that of the quorum.",
         "SENTINEL MASTERS: flags s_down, o_down", {"group", "member", "state"}),
    Fact("replicawatch_redis_sentinels_known",
         "Sentinels that any of them knows. A dead one counts, and raises the majority that a "
         "failover needs, until SENTINEL RESET.",
         "SENTINEL SENTINELS of each Sentinel", {"group"}),
    Fact("replicawatch_redis_sentinels_usable", "Sentinels that answer and are not in TILT.",
         "INFO of each Sentinel", {"group"}),
    Fact("replicawatch_redis_sentinel_voted_epoch",
         "Newest epoch in which a Sentinel voted for the leader of a failover. Above "
         "replicawatch_term: a failover goes on, or was tried and failed.",
         "SENTINEL SENTINELS: voted-leader-epoch", {"group"}),
}};

void EmitOne(const SentinelView& sentinel, SampleSink& sink) {
  const auto& [group, member, tilt, s_down, o_down, check] = sentinel;
  sink.Add(kTable[kQuorum], check && check->reached, {group, member, "ok"});
  sink.Add(kTable[kQuorum], check && !check->reached, {group, member, "lost"});
  sink.Add(kTable[kQuorum], !check, {group, member, "unknown"});
  sink.Add(kTable[kTilt], tilt, {group, member});
  sink.Add(kTable[kMasterDown], s_down, {group, member, "subjective"});
  sink.Add(kTable[kMasterDown], o_down, {group, member, "objective"});
}

}  // namespace

MetricTable SentinelMetrics() { return kTable; }

void EmitSentinel(const View& view, SampleSink& sink) {
  for (const GroupState& group : view.groups) {
    if (!group.sentinels) continue;
    const SentinelsView& sentinels = *group.sentinels;
    for (const SentinelView& sentinel : sentinels.each) EmitOne(sentinel, sink);
    sink.Add(kTable[kKnown], sentinels.known, {group.name});
    sink.Add(kTable[kUsable], sentinels.usable, {group.name});
    if (sentinels.voted_epoch)
      sink.Add(kTable[kVotedEpoch], static_cast<double>(*sentinels.voted_epoch), {group.name});
  }
}

}  // namespace replicawatch::redis
