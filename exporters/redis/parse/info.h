#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/redis/parse/info_text.h"

namespace replicawatch::redis {

enum class Role : uint8_t { kUnknown, kMaster, kReplica, kSentinel };

/// One line `slaveN:` of a parent: a replica as its master sees it.
struct AttachedReplica {
  std::string address;            ///< host:port that the replica announces
  std::string state;              ///< "online", "wait_bgsave", "send_bulk"
  std::optional<int64_t> offset;  ///< last acknowledged, up to 1 s old
};

/// The section Replication. A field that the answer does not have stays empty: versions and roles
/// differ.
struct Replication {
  Role role = Role::kUnknown;  ///< of redis_mode and role
  // Of a replica:
  std::string master_address;  ///< host:port
  bool master_link_up = false;
  bool sync_in_progress = false;
  bool read_only = true;                     ///< slave_read_only
  std::optional<int64_t> link_down_seconds;  ///< only while down; empty when it was never up
  std::optional<int64_t> replica_offset;     ///< slave_repl_offset: applied
  std::optional<int64_t> priority;           ///< 0: never promoted
  // Of every node:
  std::string id;           ///< master_replid
  std::string previous_id;  ///< master_replid2: all zeros when there was none
  std::optional<int64_t>
      previous_id_ends_at;  ///< second_repl_offset: first byte that the old master did not have
  std::optional<int64_t>
      master_offset;  ///< master_repl_offset: on a replica its own copy, not its master's
  std::optional<int64_t> backlog_first_byte;
  std::optional<int64_t> backlog_size;
  std::optional<int64_t> backlog_length;
  std::vector<AttachedReplica> attached;
  bool failover_in_progress = false;  ///< master_failover_state, since 6.2: by the command FAILOVER
  std::optional<int64_t>
      good_replicas;  ///< min_slaves_good_slaves: only when min-replicas-to-write is set
};

/// What the joined view needs of INFO.
struct Info {
  Replication replication;
  std::string run_id;
  std::string version;  ///< valkey_version where there is one, else redis_version
  bool valkey = false;  ///< whose versions are counted on their own
  std::optional<int64_t> uptime_seconds;
  std::optional<int64_t> server_time_microseconds;  ///< server_time_usec, since 6.2
  bool loading = false;
  bool cluster = false;  ///< cluster_enabled
  std::optional<bool> aof_enabled;
  bool last_aof_write_failed = false;  ///< aof_last_write_status:err, absent while AOF is off
  std::optional<int64_t> used_memory_bytes;
  std::optional<int64_t> not_counted_bytes;  ///< mem_not_counted_for_evict: not against the limit
  std::optional<int64_t> max_memory_bytes;   ///< 0: no limit
  std::string max_memory_policy;
  bool tilt = false;  ///< of a Sentinel: it has stopped acting because its clock jumped
};

/// Whether a version such as 7.0.15 is that one or later.
bool AtLeast(std::string_view version, int64_t major, int64_t minor);

/// Reads the answer to INFO of a data node or a Sentinel, Redis 2.8 to 8 and Valkey. Lines are
/// found by name, never by position. Of a partial answer (INFO replication) the rest keeps its
/// defaults. Fails only when it is no INFO answer at all. Pure.
Result<Info> ParseInfo(const InfoText& text);

}  // namespace replicawatch::redis
