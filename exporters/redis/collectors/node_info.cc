// The families of redis_exporter 1.x that are one line of INFO each, under its names and types.

#include <array>
#include <unordered_map>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

constexpr std::string_view kCommand = "INFO ";

// The line of INFO is what follows kCommand in the source. Grouped as INFO groups them.
constexpr auto kTable = std::to_array<MetricDesc>({
    // Server
    Gauge("INFO uptime_in_seconds", "redis_uptime_in_seconds", "Seconds since the start."),
    Gauge("INFO process_id", "redis_process_id", "Process id of the server."),
    Gauge("INFO hz", "redis_hz", "Rate of the background tasks now."),
    Gauge("INFO configured_hz", "redis_configured_hz", "Configured rate of the background tasks."),
    Gauge("INFO io_threads_active", "redis_io_threads_active", "1 while the I/O threads work."),
    Gauge("INFO server_threads", "redis_server_threads_total", "Threads of a KeyDB server."),
    Gauge("INFO long_lock_waits", "redis_long_lock_waits_total",
          "Long waits of KeyDB for its lock."),
    Gauge("INFO current_client_thread", "redis_current_client_thread",
          "KeyDB thread that answered."),

    // Clients
    Gauge("INFO connected_clients", "redis_connected_clients",
          "Client connections, without replicas."),
    Gauge("INFO cluster_connections", "redis_cluster_connections",
          "Sockets of the cluster bus (about)."),
    Gauge("INFO maxclients", "redis_max_clients", "Limit of client connections."),
    Gauge("INFO client_recent_max_input_buffer", "redis_client_recent_max_input_buffer_bytes",
          "Largest input buffer of the clients of late."),
    Gauge("INFO client_recent_max_output_buffer", "redis_client_recent_max_output_buffer_bytes",
          "Largest output buffer of the clients of late."),
    Gauge("INFO client_longest_output_list", "redis_client_longest_output_list",
          "Longest output list of the clients, before 5.0."),
    Gauge("INFO client_biggest_input_buf", "redis_client_biggest_input_buf",
          "Largest input buffer of the clients, before 5.0."),
    Gauge("INFO blocked_clients", "redis_blocked_clients", "Clients in a blocking call."),
    Gauge("INFO tracking_clients", "redis_tracking_clients", "Clients with client-side caching."),
    Gauge("INFO pubsub_clients", "redis_pubsub_clients", "Clients in a subscription."),
    Gauge("INFO watching_clients", "redis_watching_clients", "Clients that WATCH keys."),
    Gauge("INFO clients_in_timeout_table", "redis_clients_in_timeout_table",
          "Clients with a time-out pending."),
    Gauge("INFO total_watched_keys", "redis_total_watched_keys", "Keys under WATCH."),
    Gauge("INFO total_blocking_keys", "redis_total_blocking_keys", "Keys that clients block on."),
    Gauge("INFO total_blocking_keys_on_nokey", "redis_total_blocking_keys_on_nokey",
          "Keys that clients block on until they are deleted."),

    // Memory
    Gauge("INFO allocator_active", "redis_allocator_active_bytes",
          "Active pages of the allocator."),
    Gauge("INFO allocator_allocated", "redis_allocator_allocated_bytes",
          "Bytes given out by the allocator, its own fragmentation included."),
    Gauge("INFO allocator_resident", "redis_allocator_resident_bytes",
          "Resident pages of the allocator."),
    Gauge("INFO allocator_muzzy", "redis_allocator_muzzy_bytes", "Muzzy pages of the allocator."),
    Gauge("INFO allocator_frag_ratio", "redis_allocator_frag_ratio",
          "Active to allocated bytes: fragmentation inside the allocator."),
    Gauge("INFO allocator_frag_bytes", "redis_allocator_frag_bytes",
          "Active less allocated bytes."),
    Gauge("INFO allocator_rss_ratio", "redis_allocator_rss_ratio",
          "Resident to active bytes: what the allocator could give back."),
    Gauge("INFO allocator_rss_bytes", "redis_allocator_rss_bytes", "Resident less active bytes."),
    Gauge("INFO used_memory", "redis_memory_used_bytes", "Bytes given out by the allocator."),
    Gauge("INFO used_memory_rss", "redis_memory_used_rss_bytes", "Resident memory."),
    Gauge("INFO used_memory_peak", "redis_memory_used_peak_bytes",
          "Most memory used since the start."),
    Gauge("INFO used_memory_lua", "redis_memory_used_lua_bytes", "Memory of the Lua engine."),
    Gauge("INFO used_memory_vm_eval", "redis_memory_used_vm_eval_bytes",
          "Memory of the script engine for EVAL."),
    Gauge("INFO used_memory_scripts_eval", "redis_memory_used_scripts_eval_bytes",
          "Memory of the EVAL scripts outside the engine."),
    Gauge("INFO used_memory_overhead", "redis_memory_used_overhead_bytes",
          "Memory that is no data: buffers, the dictionaries, the start."),
    Gauge("INFO used_memory_startup", "redis_memory_used_startup_bytes",
          "Memory in use right after the start."),
    Gauge("INFO used_memory_dataset", "redis_memory_used_dataset_bytes", "Memory of the data."),
    Gauge("INFO used_memory_vm_functions", "redis_memory_used_vm_functions_bytes",
          "Memory of the script engine for functions."),
    Gauge("INFO used_memory_vm_total", "redis_memory_used_vm_total",
          "Memory of both script engines in bytes."),
    Gauge("INFO used_memory_scripts", "redis_memory_used_scripts_bytes",
          "Memory of scripts and functions outside the engines."),
    Gauge("INFO used_memory_functions", "redis_memory_used_functions_bytes",
          "Memory of functions outside the engine."),
    Gauge("INFO number_of_cached_scripts", "redis_number_of_cached_scripts", "Cached scripts."),
    Gauge("INFO number_of_functions", "redis_number_of_functions", "Functions."),
    Gauge("INFO number_of_libraries", "redis_number_of_libraries", "Function libraries."),
    Gauge("INFO maxmemory", "redis_memory_max_bytes", "Limit of memory; 0 means none."),
    Gauge("INFO maxmemory_reservation", "redis_memory_max_reservation_bytes",
          "Reserved memory of a managed server."),
    Gauge("INFO maxmemory_desired_reservation", "redis_memory_max_reservation_desired_bytes",
          "Wanted reserved memory of a managed server."),
    Gauge("INFO maxfragmentationmemory_reservation",
          "redis_memory_max_fragmentation_reservation_bytes",
          "Memory reserved for fragmentation on a managed server."),
    Gauge("INFO maxfragmentationmemory_desired_reservation",
          "redis_memory_max_fragmentation_reservation_desired_bytes",
          "Memory wanted for fragmentation on a managed server."),
    Gauge("INFO mem_fragmentation_ratio", "redis_mem_fragmentation_ratio",
          "Resident to used memory."),
    Gauge("INFO mem_fragmentation_bytes", "redis_mem_fragmentation_bytes",
          "Resident less used memory."),
    Gauge("INFO mem_clients_slaves", "redis_mem_clients_slaves",
          "Memory of the replicas' buffers in bytes, the shared backlog not counted."),
    Gauge("INFO mem_clients_normal", "redis_mem_clients_normal",
          "Memory of the clients' buffers in bytes."),
    Gauge("INFO mem_cluster_links", "redis_mem_cluster_links_bytes",
          "Memory of the links of the cluster bus."),
    Gauge("INFO mem_aof_buffer", "redis_mem_aof_buffer_bytes", "Memory of the AOF buffers."),
    Gauge("INFO mem_replication_backlog", "redis_mem_replication_backlog_bytes",
          "Memory of the replication backlog."),
    Gauge("INFO mem_total_replication_buffers", "redis_mem_total_replication_buffers_bytes",
          "Memory of the replication buffers and the backlog."),
    Gauge("INFO mem_overhead_db_hashtable_rehashing",
          "redis_mem_overhead_db_hashtable_rehashing_bytes",
          "Memory of the dictionaries that are being rehashed."),
    Gauge("INFO mem_not_counted_for_evict", "redis_mem_not_counted_for_eviction_bytes",
          "Memory that does not count against the limit."),
    Gauge("INFO active_defrag_running", "redis_active_defrag_running",
          "Share of the CPU in percent that active defragmentation takes now."),
    Gauge("INFO lazyfree_pending_objects", "redis_lazyfree_pending_objects",
          "Objects that wait to be freed in the background."),
    Gauge("INFO lazyfreed_objects", "redis_lazyfreed_objects", "Objects freed in the background."),

    // Persistence
    Gauge("INFO loading", "redis_loading_dump_file", "1 while the server loads its data."),
    Gauge("INFO async_loading", "redis_async_loading",
          "1 while the server loads a copy and still serves the old one."),
    Gauge("INFO rdb_changes_since_last_save", "redis_rdb_changes_since_last_save",
          "Changes since the last dump."),
    Gauge("INFO rdb_bgsave_in_progress", "redis_rdb_bgsave_in_progress", "1 while a dump runs."),
    Gauge("INFO rdb_last_save_time", "redis_rdb_last_save_timestamp_seconds",
          "Time of the last good dump."),
    Gauge("INFO rdb_last_bgsave_status", "redis_rdb_last_bgsave_status",
          "1 if the last dump went well, or there was none."),
    Gauge("INFO rdb_last_bgsave_time_sec", "redis_rdb_last_bgsave_duration_sec",
          "Seconds that the last dump took; -1 for none."),
    Gauge("INFO rdb_current_bgsave_time_sec", "redis_rdb_current_bgsave_duration_sec",
          "Seconds that the dump has run; -1 for none."),
    Gauge("INFO rdb_saves", "redis_rdb_saves_total", "Dumps since the start."),
    Gauge("INFO rdb_last_cow_size", "redis_rdb_last_cow_size_bytes",
          "Memory copied on write in the last dump."),
    Gauge("INFO rdb_last_load_keys_expired", "redis_rdb_last_load_expired_keys",
          "Keys left out of the last load since their time was up."),
    Gauge("INFO rdb_last_load_keys_loaded", "redis_rdb_last_load_loaded_keys",
          "Keys of the last load."),
    Gauge("INFO aof_enabled", "redis_aof_enabled", "1 if the append-only file is on."),
    Gauge("INFO aof_rewrite_in_progress", "redis_aof_rewrite_in_progress",
          "1 while the append-only file is rewritten."),
    Gauge("INFO aof_rewrite_scheduled", "redis_aof_rewrite_scheduled",
          "1 if a rewrite follows the dump under way."),
    Gauge("INFO aof_last_rewrite_time_sec", "redis_aof_last_rewrite_duration_sec",
          "Seconds that the last rewrite took; -1 for none."),
    Gauge("INFO aof_current_rewrite_time_sec", "redis_aof_current_rewrite_duration_sec",
          "Seconds that the rewrite has run; -1 for none."),
    Gauge("INFO aof_last_bgrewrite_status", "redis_aof_last_bgrewrite_status",
          "1 if the last rewrite went well."),
    Gauge("INFO aof_last_write_status", "redis_aof_last_write_status",
          "1 if the last write to the append-only file went well."),
    Gauge("INFO aof_last_cow_size", "redis_aof_last_cow_size_bytes",
          "Memory copied on write in the last rewrite."),
    Gauge("INFO aof_current_size", "redis_aof_current_size_bytes", "Size of the append-only file."),
    Gauge("INFO aof_base_size", "redis_aof_base_size_bytes",
          "Size of the append-only file after the last rewrite."),
    Gauge("INFO aof_pending_rewrite", "redis_aof_pending_rewrite",
          "1 if a rewrite follows the dump under way."),
    Gauge("INFO aof_buffer_length", "redis_aof_buffer_length", "Bytes in the AOF buffer."),
    Gauge("INFO aof_rewrite_buffer_length", "redis_aof_rewrite_buffer_length",
          "Bytes in the buffer of the rewrite."),
    Gauge("INFO aof_pending_bio_fsync", "redis_aof_pending_bio_fsync",
          "Calls of fsync that wait in the background."),
    Gauge("INFO aof_delayed_fsync", "redis_aof_delayed_fsync",
          "Delayed calls of fsync since the start."),
    Gauge("INFO module_fork_in_progress", "redis_module_fork_in_progress",
          "1 while a module's fork runs."),
    Gauge("INFO module_fork_last_cow_size", "redis_module_fork_last_cow_size",
          "Memory in bytes copied on write in the last fork of a module."),

    // Stats
    Counter("INFO total_connections_received", "redis_connections_received_total",
            "Connections accepted."),
    Counter("INFO total_commands_processed", "redis_commands_processed_total",
            "Commands processed."),
    Counter("INFO total_net_input_bytes", "redis_net_input_bytes_total",
            "Bytes read from the network."),
    Counter("INFO total_net_output_bytes", "redis_net_output_bytes_total",
            "Bytes written to the network."),
    Counter("INFO total_net_repl_input_bytes", "redis_net_repl_input_bytes_total",
            "Bytes read for replication."),
    Counter("INFO total_net_repl_output_bytes", "redis_net_repl_output_bytes_total",
            "Bytes written for replication."),
    Counter("INFO rejected_connections", "redis_rejected_connections_total",
            "Connections refused at the limit of clients."),
    Counter("INFO expired_keys", "redis_expired_keys_total", "Keys expired."),
    Counter("INFO expired_subkeys", "redis_expired_subkeys_total", "Fields of hashes expired."),
    Gauge("INFO expired_stale_perc", "redis_expired_stale_percentage",
          "Share of keys that are probably expired and still there."),
    Counter("INFO expired_time_cap_reached_count", "redis_expired_time_cap_reached_total",
            "Times that the expire cycle ran out of time."),
    Counter("INFO expire_cycle_cpu_milliseconds", "redis_expire_cycle_cpu_time_ms_total",
            "Milliseconds of CPU spent to expire keys."),
    Counter("INFO evicted_keys", "redis_evicted_keys_total", "Keys evicted at the memory limit."),
    Counter("INFO evicted_clients", "redis_evicted_clients_total",
            "Clients evicted at maxmemory-clients."),
    Counter("INFO evicted_scripts", "redis_evicted_scripts_total", "Scripts evicted."),
    Counter("INFO total_eviction_exceeded_time", "redis_eviction_exceeded_time_ms_total",
            "Milliseconds above the memory limit."),
    Gauge("INFO current_eviction_exceeded_time", "redis_current_eviction_exceeded_time_ms",
          "Milliseconds since used memory went above the limit."),
    Counter("INFO keyspace_hits", "redis_keyspace_hits_total", "Look-ups that found their key."),
    Counter("INFO keyspace_misses", "redis_keyspace_misses_total",
            "Look-ups that did not find their key."),
    Gauge("INFO pubsub_channels", "redis_pubsub_channels", "Channels with a subscriber."),
    Gauge("INFO pubsub_patterns", "redis_pubsub_patterns", "Patterns with a subscriber."),
    Gauge("INFO pubsubshard_channels", "redis_pubsubshard_channels",
          "Shard channels with a subscriber."),
    Gauge("INFO latest_fork_usec", "redis_latest_fork_seconds", "Time that the last fork took."),
    Gauge("INFO migrate_cached_sockets", "redis_migrate_cached_sockets_total",
          "Sockets open for MIGRATE."),
    Gauge("INFO slave_expires_tracked_keys", "redis_slave_expires_tracked_keys",
          "Keys whose expiry a writable replica tracks by itself."),
    Gauge("INFO active_defrag_hits", "redis_defrag_hits", "Values moved by defragmentation."),
    Gauge("INFO active_defrag_misses", "redis_defrag_misses",
          "Moves that defragmentation gave up."),
    Gauge("INFO active_defrag_key_hits", "redis_defrag_key_hits", "Keys defragmented."),
    Gauge("INFO active_defrag_key_misses", "redis_defrag_key_misses",
          "Keys that defragmentation skipped."),
    Gauge("INFO tracking_total_keys", "redis_tracking_total_keys",
          "Keys tracked for client-side caching."),
    Gauge("INFO tracking_total_items", "redis_tracking_total_items",
          "Clients times keys tracked for client-side caching."),
    Gauge("INFO tracking_total_prefixes", "redis_tracking_total_prefixes",
          "Prefixes tracked for client-side caching."),
    Counter("INFO unexpected_error_replies", "redis_unexpected_error_replies",
            "Unexpected errors, of AOF loading or replication."),
    Counter("INFO total_error_replies", "redis_total_error_replies", "Error answers."),
    Counter("INFO dump_payload_sanitizations", "redis_dump_payload_sanitizations",
            "Deep checks of dump payloads."),
    Counter("INFO total_reads_processed", "redis_total_reads_processed", "Reads processed."),
    Counter("INFO total_writes_processed", "redis_total_writes_processed", "Writes processed."),
    Counter("INFO io_threaded_reads_processed", "redis_io_threaded_reads_processed",
            "Reads processed by I/O threads."),
    Counter("INFO io_threaded_writes_processed", "redis_io_threaded_writes_processed",
            "Writes processed by I/O threads."),
    Counter("INFO reply_buffer_shrinks", "redis_reply_buffer_shrinks_total",
            "Reply buffers made smaller."),
    Counter("INFO reply_buffer_expands", "redis_reply_buffer_expands_total",
            "Reply buffers made larger."),
    Counter("INFO client_query_buffer_limit_disconnections",
            "redis_client_query_buffer_limit_disconnections_total",
            "Clients cut off at the limit of the query buffer."),
    Counter("INFO client_output_buffer_limit_disconnections",
            "redis_client_output_buffer_limit_disconnections_total",
            "Clients cut off at the limit of the output buffer."),
    Counter("INFO acl_access_denied_auth", "redis_acl_access_denied_auth_total", "Logins refused."),
    Counter("INFO acl_access_denied_cmd", "redis_acl_access_denied_cmd_total",
            "Commands refused by the ACL."),
    Counter("INFO acl_access_denied_key", "redis_acl_access_denied_key_total",
            "Keys refused by the ACL."),
    Counter("INFO acl_access_denied_channel", "redis_acl_access_denied_channel_total",
            "Channels refused by the ACL."),
    Counter("INFO cached_keys", "redis_cached_keys_total", "Keys cached by KeyDB FLASH."),
    Counter("INFO storage_provider_read_hits", "redis_storage_provider_read_hits",
            "Reads that KeyDB FLASH found."),
    Counter("INFO storage_provider_read_misses", "redis_storage_provider_read_misses",
            "Reads that KeyDB FLASH did not find."),
    Counter("INFO eventloop_cycles", "redis_eventloop_cycles_total", "Turns of the event loop."),
    Counter("INFO eventloop_duration_sum", "redis_eventloop_duration_sum_usec_total",
            "Microseconds in the event loop."),
    Counter("INFO eventloop_duration_cmd_sum", "redis_eventloop_duration_cmd_sum_usec_total",
            "Microseconds in commands."),
    Gauge("INFO instantaneous_eventloop_cycles_per_sec",
          "redis_instantaneous_eventloop_cycles_per_sec", "Turns of the event loop a second."),
    Gauge("INFO instantaneous_eventloop_duration_usec",
          "redis_instantaneous_eventloop_duration_usec",
          "Microseconds of one turn of the event loop."),
    Gauge("INFO sync_full", "redis_replica_resyncs_full",
          "Full copies begun for replicas since the start."),
    Gauge("INFO sync_partial_ok", "redis_replica_partial_resync_accepted",
          "Partial resyncs accepted since the start."),
    Gauge("INFO sync_partial_err", "redis_replica_partial_resync_denied",
          "Partial resyncs denied since the start."),

    // Replication
    Gauge("INFO connected_slaves", "redis_connected_slaves",
          "Replicas connected, in any state of their sync."),
    Gauge("INFO master_repl_offset", "redis_master_repl_offset",
          "Position in the replication stream; on a replica its own."),
    Gauge("INFO second_repl_offset", "redis_second_repl_offset",
          "Position up to which the previous stream's id counts; -1 for none."),
    Gauge("INFO repl_backlog_first_byte_offset", "redis_repl_backlog_first_byte_offset",
          "Position of the first byte of the backlog."),
    Gauge("INFO repl_backlog_size", "redis_replication_backlog_bytes", "Size of the backlog."),
    Gauge("INFO repl_backlog_active", "redis_repl_backlog_is_active", "1 if there is a backlog."),
    Gauge("INFO repl_backlog_histlen", "redis_repl_backlog_history_bytes", "Bytes in the backlog."),
    Gauge("INFO slave_priority", "redis_slave_priority",
          "Priority for a promotion, lower first; 0 for never."),

    // CPU
    Counter("INFO used_cpu_sys", "redis_cpu_sys_seconds_total", "System CPU time."),
    Counter("INFO used_cpu_user", "redis_cpu_user_seconds_total", "User CPU time."),
    Counter("INFO used_cpu_sys_children", "redis_cpu_sys_children_seconds_total",
            "System CPU time of the background processes."),
    Counter("INFO used_cpu_user_children", "redis_cpu_user_children_seconds_total",
            "User CPU time of the background processes."),
    Counter("INFO used_cpu_sys_main_thread", "redis_cpu_sys_main_thread_seconds_total",
            "System CPU time of the main thread."),
    Counter("INFO used_cpu_user_main_thread", "redis_cpu_user_main_thread_seconds_total",
            "User CPU time of the main thread."),
    Counter("INFO used_active_time_main_thread", "redis_active_time_main_thread_seconds_total",
            "Time that the main thread was busy."),
    Counter("INFO used_active_time_io_thread_", "redis_active_time_io_thread_seconds_total",
            "Time that the thread for I/O was busy.", {"thread"}),

    // Cluster
    Gauge("INFO cluster_enabled", "redis_cluster_enabled", "1 if the node is of a Cluster."),

    // Sentinel
    Gauge("INFO sentinel_masters", "redis_sentinel_masters", "Masters that the Sentinel watches."),
    Gauge("INFO sentinel_tilt", "redis_sentinel_tilt",
          "1 while the Sentinel has stopped acting because its clock jumped."),
    Gauge("INFO sentinel_running_scripts", "redis_sentinel_running_scripts",
          "Scripts that the Sentinel runs now."),
    Gauge("INFO sentinel_scripts_queue_length", "redis_sentinel_scripts_queue_length",
          "Scripts that wait to be run."),
    Gauge("INFO sentinel_simulate_failure_flags", "redis_sentinel_simulate_failure_flags",
          "Failures that the Sentinel is told to simulate."),
});

/// Redis 8: one line for each thread, `used_active_time_io_thread_1`.
constexpr std::string_view kIoThread = "used_active_time_io_thread_";

using Index = std::unordered_map<std::string_view, const MetricDesc*, LineNameHash>;

const Index& ByLine() {
  static const Index index = [] {
    Index made;
    for (const MetricDesc& desc : kTable) made.emplace(desc.source.substr(kCommand.size()), &desc);
    return made;
  }();
  return index;
}

/// The sections whose lines are lists, of as many commands or databases as there are: other files
/// publish them.
bool HasItems(std::string_view section) {
  return section == "Commandstats" || section == "Latencystats" || section == "Errorstats" ||
         section == "Keyspace";
}

/// The words that INFO has in the place of numbers, else the number.
std::optional<double> ValueOf(std::string_view text) {
  if (text == "ok" || text == "true") return 1;
  if (text == "err" || text == "fail" || text == "false") return 0;
  return ParseDouble(text);
}

}  // namespace

MetricTable NodeInfoMetrics() { return kTable; }

void EmitNodeInfo(const NodeView& node, SampleSink& sink) {
  const Index& index = ByLine();
  for (const InfoSection& section : node.info->sections()) {
    if (HasItems(section.name)) continue;
    for (const InfoLine& line : section.lines) {
      const auto found = index.find(line.name);
      if (found == index.end()) {
        if (line.name.starts_with(kIoThread))
          sink.Add(*index.at(kIoThread), ParseDouble(line.value),
                   {line.name.substr(kIoThread.size())});
        continue;
      }
      std::optional<double> value = ValueOf(line.value);
      if (value && line.name == "latest_fork_usec") value = *value / 1e6;
      sink.Add(*found->second, value);
    }
  }
}

}  // namespace replicawatch::redis
