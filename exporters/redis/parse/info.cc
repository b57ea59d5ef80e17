#include "exporters/redis/parse/info.h"

#include <unordered_map>

#include "common/base/text.h"
#include "exporters/redis/parse/address.h"

namespace replicawatch::redis {
namespace {

/// Lines that only make sense together with another.
struct Pending {
  std::string_view role;
  std::string_view mode;
  std::string_view master_host;
  std::string_view master_port;
};

using Setter = void (*)(Info& info, Pending& pending, std::string_view value);

using Setters = std::unordered_map<std::string_view, Setter, LineNameHash>;

// INFO has some 200 lines; those of the joined view are looked up by name.
const Setters& KnownLines() {
  static const Setters setters = {
      {"redis_mode", [](Info&, Pending& p, std::string_view v) { p.mode = v; }},
      {"server_mode", [](Info&, Pending& p, std::string_view v) { p.mode = v; }},  // Valkey 8
      {"cluster_enabled", [](Info& i, Pending&, std::string_view v) { i.cluster = v == "1"; }},
      {"role", [](Info&, Pending& p, std::string_view v) { p.role = v; }},
      {"run_id", [](Info& i, Pending&, std::string_view v) { i.run_id = v; }},
      {"redis_version",
       [](Info& i, Pending&, std::string_view v) {
         if (i.version.empty()) i.version = v;
       }},
      // Valkey keeps redis_version at 7.2.4 for its clients' sake.
      {"valkey_version",
       [](Info& i, Pending&, std::string_view v) {
         i.version = v;
         i.valkey = true;
       }},
      {"server_time_usec",
       [](Info& i, Pending&, std::string_view v) { i.server_time_microseconds = ParseInt(v); }},
      {"loading", [](Info& i, Pending&, std::string_view v) { i.loading = v != "0"; }},
      {"aof_last_write_status",
       [](Info& i, Pending&, std::string_view v) { i.last_aof_write_failed = v != "ok"; }},
      {"used_memory",
       [](Info& i, Pending&, std::string_view v) { i.used_memory_bytes = ParseInt(v); }},
      {"maxmemory",
       [](Info& i, Pending&, std::string_view v) { i.max_memory_bytes = ParseInt(v); }},
      {"maxmemory_policy", [](Info& i, Pending&, std::string_view v) { i.max_memory_policy = v; }},
      {"sentinel_tilt", [](Info& i, Pending&, std::string_view v) { i.tilt = v != "0"; }},
      {"master_host", [](Info&, Pending& p, std::string_view v) { p.master_host = v; }},
      {"master_port", [](Info&, Pending& p, std::string_view v) { p.master_port = v; }},
      {"master_link_status",
       [](Info& i, Pending&, std::string_view v) { i.replication.master_link_up = v == "up"; }},
      {"master_sync_in_progress",
       [](Info& i, Pending&, std::string_view v) { i.replication.sync_in_progress = v != "0"; }},
      {"slave_read_only",
       [](Info& i, Pending&, std::string_view v) { i.replication.read_only = v != "0"; }},
      {"master_failover_state",
       [](Info& i, Pending&, std::string_view v) {
         i.replication.failover_in_progress = v != "no-failover";
       }},
      {"uptime_in_seconds",
       [](Info& i, Pending&, std::string_view v) { i.uptime_seconds = ParseInt(v); }},
      {"mem_not_counted_for_evict",
       [](Info& i, Pending&, std::string_view v) { i.not_counted_bytes = ParseInt(v); }},
      {"aof_enabled", [](Info& i, Pending&, std::string_view v) { i.aof_enabled = v == "1"; }},
      {"master_link_down_since_seconds",
       [](Info& i, Pending&, std::string_view v) {
         // -1: never connected. Before 6.2.2 that was a Unix time; no link is down for thirty
         // years.
         const auto seconds = ParseInt(v);
         if (seconds && *seconds >= 0 && *seconds < 1'000'000'000)
           i.replication.link_down_seconds = seconds;
       }},
      {"slave_repl_offset",
       [](Info& i, Pending&, std::string_view v) { i.replication.replica_offset = ParseInt(v); }},
      {"slave_priority",
       [](Info& i, Pending&, std::string_view v) { i.replication.priority = ParseInt(v); }},
      {"master_replid", [](Info& i, Pending&, std::string_view v) { i.replication.id = v; }},
      {"master_replid2",
       [](Info& i, Pending&, std::string_view v) { i.replication.previous_id = v; }},
      {"second_repl_offset",
       [](Info& i, Pending&, std::string_view v) {
         // -1 when there was no previous id.
         const auto offset = ParseInt(v);
         if (offset && *offset >= 0) i.replication.previous_id_ends_at = offset;
       }},
      {"master_repl_offset",
       [](Info& i, Pending&, std::string_view v) { i.replication.master_offset = ParseInt(v); }},
      {"repl_backlog_first_byte_offset",
       [](Info& i, Pending&, std::string_view v) {
         i.replication.backlog_first_byte = ParseInt(v);
       }},
      {"repl_backlog_size",
       [](Info& i, Pending&, std::string_view v) { i.replication.backlog_size = ParseInt(v); }},
      {"repl_backlog_histlen",
       [](Info& i, Pending&, std::string_view v) { i.replication.backlog_length = ParseInt(v); }},
      {"min_slaves_good_slaves",
       [](Info& i, Pending&, std::string_view v) { i.replication.good_replicas = ParseInt(v); }},
  };
  return setters;
}

AttachedReplica ParseAttachedReplica(std::string_view items) {
  AttachedReplica replica;
  std::string_view host;
  std::string_view port;
  ForEachItem(items, [&](std::string_view name, std::string_view value) {
    if (name == "ip") host = value;
    if (name == "port") port = value;
    if (name == "state") replica.state = value;
    if (name == "offset") replica.offset = ParseInt(value);
  });
  replica.address = JoinAddress(host, port);
  return replica;
}

Role RoleOf(const Pending& pending) {
  if (pending.mode == "sentinel") return Role::kSentinel;
  if (pending.role == "master") return Role::kMaster;
  // Dragonfly and later Valkey say "replica", KeyDB "active-replica".
  if (pending.role == "slave" || pending.role.ends_with("replica")) return Role::kReplica;
  return Role::kUnknown;
}

}  // namespace

bool AtLeast(std::string_view version, int64_t major, int64_t minor) {
  const int64_t is_major = ParseInt(CutAt(version, '.')).value_or(0);
  const int64_t is_minor = ParseInt(CutAt(version, '.')).value_or(0);
  return is_major > major || (is_major == major && is_minor >= minor);
}

Result<Info> ParseInfo(const InfoText& text) {
  const Setters& known = KnownLines();
  Info info;
  Pending pending;
  bool any_known = false;
  for (const InfoLine& line : text.lines()) {
    if (IsAttachedReplica(line.name)) {
      info.replication.attached.push_back(ParseAttachedReplica(line.value));
    } else if (const auto setter = known.find(line.name); setter != known.end()) {
      setter->second(info, pending, line.value);
      any_known = true;
    }
  }
  if (!any_known) return Fail(ErrorCode::kParse, "the answer to INFO has no known line");
  info.replication.role = RoleOf(pending);
  if (info.replication.role == Role::kReplica && !pending.master_host.empty()) {
    info.replication.master_address = JoinAddress(pending.master_host, pending.master_port);
  }
  return info;
}

}  // namespace replicawatch::redis
