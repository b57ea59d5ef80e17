// The groups' failovers, and the replicas: their links and full syncs, who would be promoted.

#include <algorithm>
#include <array>

#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t {
  kLinkUp,
  kSync,
  kPromotable,
  kBarred,
  kWritable,
  kNextSync,
  kFailovers,
  kLostBytes,
  kFailoverRuns,
  kWipe,
  kBuffer,
  kBufferLimit,
  kBufferHeadroom,
  kLargestBuffer,
  kIndexSize,
};

constexpr MetricDesc OfReplica(std::string_view name, std::string_view help,
                               std::string_view source, std::string_view more = "",
                               std::string_view unit = "") {
  return {name, help, MetricType::kGauge, unit, Scope::kCluster, {"group", "member", more}, source};
}

constexpr MetricDesc OfGroup(std::string_view name, std::string_view help, std::string_view source,
                             MetricType type = MetricType::kGauge, std::string_view unit = "") {
  return {name, help, type, unit, Scope::kCluster, {"group"}, source};
}

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    OfReplica("replicawatch_redis_link_up",
              "1 if the replica's link to its master is up; left out while it can't be asked.",
              "INFO replication: master_link_status of the replica"),
    OfReplica("replicawatch_redis_sync_in_progress", "1 while the replica receives a full copy.",
              "INFO replication: master_sync_in_progress of the replica"),
    OfReplica("replicawatch_redis_replica_promotable",
              "1 if the replica could be promoted now, by the rule of Sentinel or of the Cluster.",
              "INFO of the replica; SENTINEL SLAVES; CLUSTER NODES"),
    OfReplica("replicawatch_redis_replica_barred",
              "Why the replica would not be promoted now, as a state set of reasons.",
              "INFO of the replica: slave_priority, master_link_down_since_seconds, "
              "master_sync_in_progress, loading; SENTINEL SLAVES: flags, last-ok-ping-reply; "
              "CLUSTER NODES: nofailover",
              "reason"),
    OfReplica("replicawatch_redis_replica_writable",
              "1 if the replica takes writes, which its master never gets.",
              "INFO replication: slave_read_only of the replica"),
    OfReplica("replicawatch_redis_next_sync",
              "What would follow if the replica's link broke now, as a state set: partial or full; "
              "only while the master answers.",
              "INFO replication: master_replid, slave_repl_offset of the replica; master_replid2, "
              "second_repl_offset, repl_backlog_first_byte_offset, repl_backlog_histlen of the "
              "master",
              "kind"),
    OfGroup("replicawatch_redis_failovers_total",
            "Promotions that this process has seen; replicawatch_term tells of all.",
            "INFO replication: master_replid, master_replid2 of the master", MetricType::kCounter),
    OfGroup("replicawatch_redis_last_failover_lost_bytes",
            "Bytes of the stream that the old master was seen to have at the last failover and the "
            "new one had not. At least that: it was last looked at up to 0.5 s before.",
            "INFO replication: master_repl_offset of the old master, second_repl_offset of the new",
            MetricType::kGauge, "bytes"),
    OfGroup("replicawatch_redis_failover_in_progress",
            "1 while a Sentinel leads a failover, or the master runs the command FAILOVER.",
            "SENTINEL MASTERS: flag failover_in_progress; INFO: master_failover_state"),
    OfGroup("replicawatch_redis_restart_would_wipe",
            "1 if the master keeps nothing on disk and has replicas: restarted, it is empty and "
            "makes them empty.",
            "INFO: aof_enabled; CONFIG GET save"),
    OfReplica("replicawatch_redis_replica_buffer_bytes",
              "What the node that the replica follows has written for it and could not send yet.",
              "CLIENT LIST TYPE replica: omem; CLIENT LIST TYPE master: laddr of the replica", "",
              "bytes"),
    OfReplica("replicawatch_redis_replica_buffer_limit_bytes",
              "Size of that buffer at which the replica is cut off: at once (hard), or after some "
              "seconds (soft); left out where there is no limit.",
              "CONFIG GET client-output-buffer-limit; INFO: repl_backlog_size", "limit", "bytes"),
    OfReplica("replicawatch_redis_replica_buffer_headroom_bytes",
              "What is left before the lower of the limits; negative above the soft limit, when "
              "the replica is about to be cut off.",
              "CLIENT LIST TYPE replica: omem; CONFIG GET client-output-buffer-limit", "", "bytes"),
    OfGroup("replicawatch_redis_largest_replica_buffer_bytes",
            "The largest such buffer of all that follow a node of the group, also of those that "
            "are no members, or that can't be told apart.",
            "CLIENT LIST TYPE replica: omem", MetricType::kGauge, "bytes"),
}};

void EmitReplica(const ReplicaView& replica, SampleSink& sink) {
  const auto add = [&](Index index, std::optional<bool> value) {
    if (value) sink.Add(kTable[index], *value, {replica.group, replica.member});
  };
  add(kLinkUp, replica.link_up);
  add(kSync, replica.sync_in_progress);
  add(kPromotable, replica.bars.empty());
  add(kWritable, replica.writable);
  for (const std::string_view bar : kBars) {
    const bool holds =
        std::find(replica.bars.begin(), replica.bars.end(), bar) != replica.bars.end();
    sink.Add(kTable[kBarred], holds, {replica.group, replica.member, bar});
  }
  if (const auto& partial = replica.next_sync_is_partial) {
    sink.Add(kTable[kNextSync], *partial, {replica.group, replica.member, "partial"});
    sink.Add(kTable[kNextSync], !*partial, {replica.group, replica.member, "full"});
  }
}

void EmitBuffer(const ReplicaView& replica, SampleSink& sink) {
  if (!replica.buffer) return;
  const ReplicaBuffer& buffer = *replica.buffer;
  const auto add = [&](Index index, const std::optional<int64_t>& bytes, std::string_view limit) {
    if (!bytes) return;
    if (limit.empty()) {
      sink.Add(kTable[index], static_cast<double>(*bytes), {replica.group, replica.member});
    } else {
      sink.Add(kTable[index], static_cast<double>(*bytes), {replica.group, replica.member, limit});
    }
  };
  add(kBuffer, buffer.used_bytes, "");
  add(kBufferLimit, buffer.hard_limit_bytes, "hard");
  add(kBufferLimit, buffer.soft_limit_bytes, "soft");
  add(kBufferHeadroom, buffer.headroom_bytes(), "");
}

void EmitGroup(const GroupState& group, SampleSink& sink) {
  const auto add = [&](Index index, auto value) {
    if (value) sink.Add(kTable[index], static_cast<double>(*value), {group.name});
  };
  sink.Add(kTable[kFailovers], static_cast<double>(group.failovers), {group.name});
  add(kLostBytes, group.lost_bytes);
  add(kFailoverRuns, group.failover_in_progress);
  add(kWipe, group.restart_would_wipe);
  add(kLargestBuffer, group.largest_buffer_bytes);
}

}  // namespace

MetricTable ReplicationMetrics() { return kTable; }

void EmitReplication(const View& view, SampleSink& sink) {
  for (const ReplicaView& replica : view.replicas) {
    EmitReplica(replica, sink);
    EmitBuffer(replica, sink);
  }
  for (const GroupState& group : view.groups) EmitGroup(group, sink);
}

}  // namespace replicawatch::redis
