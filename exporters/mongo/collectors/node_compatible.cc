// The old names of mongodb_exporter: those of 0.1x, which its compatible mode and most dashboards
// still have. A table: each row is a field of serverStatus and where it goes.

#include <array>
#include <string>

#include "common/base/text.h"
#include "exporters/mongo/collectors/node.h"

namespace replicawatch::mongo {
namespace {

enum Family : size_t {
  kMongodAssertsTotal,
  kAssertsTotal,
  kMongodConnections,
  kConnections,
  kMongodConnectionsMetricsCreatedTotal,
  kConnectionsMetricsCreatedTotal,
  kMongodExtraInfoPageFaultsTotal,
  kMongodInstanceUptimeSeconds,
  kMongodMemory,
  kMongodNetworkBytesTotal,
  kMongodNetworkMetricsNumRequestsTotal,
  kMongodOpCountersTotal,
  kMongodOpCountersReplTotal,
  kExtraInfoPageFaultsTotal,
  kInstanceUptimeSeconds,
  kMemory,
  kNetworkBytesTotal,
  kNetworkMetricsNumRequestsTotal,
  kOpCountersTotal,
  kOpCountersReplTotal,
  kMongodGlobalLockClient,
  kMongodGlobalLockCurrentQueue,
  kMongodMetricsCursorOpen,
  kMongodMetricsCursorTimedOutTotal,
  kMongodMetricsDocumentTotal,
  kMongodMetricsGetLastErrorWtimeNumTotal,
  kMongodMetricsGetLastErrorWtimeTotalMilliseconds,
  kMongodMetricsGetLastErrorWtimeoutsTotal,
  kMongodMetricsOperationTotal,
  kMongodMetricsQueryExecutorTotal,
  kMongodMetricsRecordMovesTotal,
  kMongodMetricsReplApplyBatchesNumTotal,
  kMongodMetricsReplApplyBatchesTotalMilliseconds,
  kMongodMetricsReplApplyOpsTotal,
  kMongodMetricsReplBufferCount,
  kMongodMetricsReplBufferMaxSizeBytes,
  kMongodMetricsReplBufferSizeBytes,
  kMongodMetricsReplExecutorUnsignaledEvents,
  kMongodMetricsReplNetworkBytesTotal,
  kMongodMetricsReplPreloadDocsNumTotal,
  kMongodMetricsReplPreloadDocsTotalMilliseconds,
  kMongodMetricsReplPreloadIndexesNumTotal,
  kMongodMetricsReplPreloadIndexesTotalMilliseconds,
  kMongodMetricsReplNetworkGetmoresNumTotal,
  kMongodMetricsReplNetworkGetmoresTotalMilliseconds,
  kMongodMetricsReplNetworkOpsTotal,
  kMongodMetricsReplNetworkReadersCreatedTotal,
  kMongodMetricsReplExecutorQueue,
  kMongodMetricsTtlDeletedDocumentsTotal,
  kMongodMetricsTtlPassesTotal,
  kMongodOpLatenciesLatencyTotal,
  kMongodOpLatenciesOpsTotal,
  kMongodWiredtigerBlockmanagerBlocksTotal,
  kMongodWiredtigerBlockmanagerBytesTotal,
  kMongodWiredtigerCacheBytes,
  kMongodWiredtigerCacheBytesTotal,
  kMongodWiredtigerCacheEvictedTotal,
  kMongodWiredtigerCacheMaxBytes,
  kMongodWiredtigerCacheOverheadPercent,
  kMongodWiredtigerCachePages,
  kMongodWiredtigerCachePagesTotal,
  kMongodWiredtigerConcurrentTransactionsAvailableTickets,
  kMongodWiredtigerConcurrentTransactionsOutTickets,
  kMongodWiredtigerConcurrentTransactionsTotalTickets,
  kMongodWiredtigerLogBytesTotal,
  kMongodWiredtigerLogOperationsTotal,
  kMongodWiredtigerLogRecordsTotal,
  kMongodWiredtigerLogRecordsScannedTotal,
  kMongodWiredtigerSessionOpenCursorsTotal,
  kMongodWiredtigerSessionOpenSessionsTotal,
  kMongodWiredtigerTransactionsCheckpointMilliseconds,
  kMongodWiredtigerTransactionsCheckpointMillisecondsTotal,
  kMongodWiredtigerTransactionsRunningCheckpoints,
  kMongodWiredtigerTransactionsTotal,
  kLocksTimeAcquiringGlobal,
  kInstanceLocalTime,
  kSsLocksAcquirecount,
  kSsLocksAcquirewaitcount,
  kSsLocksTimeacquiringmicros,
  kFamilies,
};

// In the order of Family.
constexpr std::array<MetricDesc, kFamilies> kTable = {{
    NodeFamily("mongodb_mongod_asserts_total", "Assertions raised since the start.",
               "serverStatus asserts", {"type"}),
    NodeFamily("mongodb_asserts_total", "Assertions raised since the start.",
               "serverStatus asserts", {"type"}),
    NodeFamily("mongodb_mongod_connections", "Connections by state.", "serverStatus connections",
               {"state"}),
    NodeFamily("mongodb_connections", "Connections by state.", "serverStatus connections",
               {"state"}),
    NodeFamily("mongodb_mongod_connections_metrics_created_total",
               "Connections made since the start.", "serverStatus connections"),
    NodeFamily("mongodb_connections_metrics_created_total", "Connections made since the start.",
               "serverStatus connections"),
    NodeFamily("mongodb_mongod_extra_info_page_faults_total", "Page faults of the process.",
               "serverStatus extra_info"),
    NodeFamily("mongodb_mongod_instance_uptime_seconds", "Time since the start.",
               "serverStatus uptime"),
    NodeFamily("mongodb_mongod_memory", "Memory in megabytes.", "serverStatus mem", {"type"}),
    NodeFamily("mongodb_mongod_network_bytes_total", "Bytes over the network.",
               "serverStatus network", {"state"}),
    NodeFamily("mongodb_mongod_network_metrics_num_requests_total", "Requests received.",
               "serverStatus network"),
    NodeFamily("mongodb_mongod_op_counters_total", "Operations since the start.",
               "serverStatus opcounters", {"type"}),
    NodeFamily("mongodb_mongod_op_counters_repl_total", "Replicated operations since the start.",
               "serverStatus opcountersRepl", {"type"}),
    NodeFamily("mongodb_extra_info_page_faults_total", "Page faults of the process.",
               "serverStatus extra_info"),
    NodeFamily("mongodb_instance_uptime_seconds", "Time since the start.", "serverStatus uptime"),
    NodeFamily("mongodb_memory", "Memory in megabytes.", "serverStatus mem", {"type"}),
    NodeFamily("mongodb_network_bytes_total", "Bytes over the network.", "serverStatus network",
               {"state"}),
    NodeFamily("mongodb_network_metrics_num_requests_total", "Requests received.",
               "serverStatus network"),
    NodeFamily("mongodb_op_counters_total", "Operations since the start.",
               "serverStatus opcounters", {"type"}),
    NodeFamily("mongodb_op_counters_repl_total", "Replicated operations since the start.",
               "serverStatus opcountersRepl", {"type"}),
    NodeFamily("mongodb_mongod_global_lock_client", "Clients that work.", "serverStatus globalLock",
               {"type"}),
    NodeFamily("mongodb_mongod_global_lock_current_queue", "Operations that wait for the lock.",
               "serverStatus globalLock", {"type"}),
    NodeFamily("mongodb_mongod_metrics_cursor_open", "Cursors that are open.",
               "serverStatus metrics", {"state"}),
    NodeFamily("mongodb_mongod_metrics_cursor_timed_out_total", "Cursors that timed out.",
               "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_document_total", "Documents touched.",
               "serverStatus metrics", {"state"}),
    NodeFamily("mongodb_mongod_metrics_get_last_error_wtime_num_total",
               "Writes that waited for other members.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_get_last_error_wtime_total_milliseconds",
               "Milliseconds that writes waited for other members.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_get_last_error_wtimeouts_total",
               "Writes whose wait ran out of time.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_operation_total", "Operations of a kind.",
               "serverStatus metrics", {"state"}),
    NodeFamily("mongodb_mongod_metrics_query_executor_total",
               "Index items and documents looked at.", "serverStatus metrics", {"state"}),
    NodeFamily("mongodb_mongod_metrics_record_moves_total", "Documents moved.",
               "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_apply_batches_num_total",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_apply_batches_total_milliseconds",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_apply_ops_total",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_buffer_count", "The way of the oplog to this member.",
               "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_buffer_max_size_bytes",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_buffer_size_bytes",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_executor_unsignaled_events",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_network_bytes_total",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_preload_docs_num_total",
               "Documents loaded before they are changed.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_preload_docs_total_milliseconds",
               "Milliseconds for them.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_preload_indexes_num_total",
               "Index entries loaded before they are changed.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_preload_indexes_total_milliseconds",
               "Milliseconds for them.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_network_getmores_num_total",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_network_getmores_total_milliseconds",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_network_ops_total",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_network_readers_created_total",
               "The way of the oplog to this member.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_repl_executor_queue", "Tasks of the replication executor.",
               "serverStatus metrics", {"type"}),
    NodeFamily("mongodb_mongod_metrics_ttl_deleted_documents_total",
               "Documents that TTL indexes deleted.", "serverStatus metrics"),
    NodeFamily("mongodb_mongod_metrics_ttl_passes_total", "Passes of the deletion by TTL indexes.",
               "serverStatus metrics"),
    NodeFamily("mongodb_mongod_op_latencies_latency_total",
               "Operations and their latency in microseconds.", "serverStatus opLatencies",
               {"type"}),
    NodeFamily("mongodb_mongod_op_latencies_ops_total",
               "Operations and their latency in microseconds.", "serverStatus opLatencies",
               {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_blockmanager_blocks_total",
               "Blocks of the block manager.", "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_blockmanager_bytes_total", "Bytes of the block manager.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_cache_bytes", "Bytes in the cache.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_cache_bytes_total", "Bytes into and out of the cache.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_cache_evicted_total", "Pages evicted from the cache.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_cache_max_bytes", "Limit of the cache.",
               "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_cache_overhead_percent",
               "Overhead of the cache in percent.", "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_cache_pages", "Pages in the cache.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_cache_pages_total", "Pages into and out of the cache.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_concurrent_transactions_available_tickets",
               "Tickets for transactions.", "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_concurrent_transactions_out_tickets",
               "Tickets for transactions.", "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_concurrent_transactions_total_tickets",
               "Tickets for transactions.", "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_log_bytes_total", "Bytes of the journal.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_log_operations_total", "Operations of the journal.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_log_records_total", "Records of the journal.",
               "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_log_records_scanned_total",
               "Records that recovery looked at.", "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_session_open_cursors_total", "Cursors that are open.",
               "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_session_open_sessions_total", "Sessions that are open.",
               "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_transactions_checkpoint_milliseconds",
               "Duration of checkpoints.", "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_wiredtiger_transactions_checkpoint_milliseconds_total",
               "Duration of all checkpoints.", "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_transactions_running_checkpoints",
               "1 during a checkpoint.", "serverStatus wiredTiger"),
    NodeFamily("mongodb_mongod_wiredtiger_transactions_total",
               "Transactions of the storage engine.", "serverStatus wiredTiger", {"type"}),
    NodeFamily("mongodb_mongod_locks_time_acquiring_global_microseconds_total",
               "Microseconds that readers and writers waited for the global lock.",
               "serverStatus locks.Global.timeAcquiringMicros"),
    NodeFamily("mongodb_instance_local_time", "The node's clock, since the Unix epoch.",
               "serverStatus localTime"),
    NodeFamily("mongodb_ss_locks_acquireCount", "Locks taken, by mode and resource.",
               "serverStatus locks", {"lock_mode", "resource"}),
    NodeFamily("mongodb_ss_locks_acquireWaitCount", "Locks taken, by mode and resource.",
               "serverStatus locks", {"lock_mode", "resource"}),
    NodeFamily("mongodb_ss_locks_timeAcquiringMicros", "Locks taken, by mode and resource.",
               "serverStatus locks", {"lock_mode", "resource"}),
}};

struct Row {
  Family family;
  const char* path;             ///< within serverStatus
  std::string_view label = {};  ///< "*": a sample for each key there, with the key as the label
  std::string_view second_label = {};
};

// By path, so that each document is entered once.
constexpr Row kRows[] = {
    {kMongodAssertsTotal, "asserts", "*"},
    {kAssertsTotal, "asserts", "*"},
    {kMongodConnections, "connections", "*"},
    {kConnections, "connections", "*"},
    {kMongodConnectionsMetricsCreatedTotal, "connections/totalCreated"},
    {kConnectionsMetricsCreatedTotal, "connections/totalCreated"},
    {kMongodExtraInfoPageFaultsTotal, "extra_info/page_faults"},
    {kExtraInfoPageFaultsTotal, "extra_info/page_faults"},
    {kMongodGlobalLockClient, "globalLock/activeClients/readers", "reader"},
    {kMongodGlobalLockClient, "globalLock/activeClients/writers", "writer"},
    {kMongodGlobalLockClient, "globalLock/activeClients/total", "total"},
    {kMongodGlobalLockCurrentQueue, "globalLock/currentQueue/readers", "reader"},
    {kMongodGlobalLockCurrentQueue, "globalLock/currentQueue/writers", "writer"},
    {kMongodGlobalLockCurrentQueue, "globalLock/currentQueue/total", "total"},
    {kSsLocksAcquirecount, "locks/Global/acquireCount/r", "r", "Global"},
    {kSsLocksAcquirecount, "locks/Global/acquireCount/w", "w", "Global"},
    {kSsLocksAcquirecount, "locks/Global/acquireCount/W", "W", "Global"},
    {kSsLocksAcquirecount, "locks/ParallelBatchWriterMode/acquireCount/r", "r",
     "ParallelBatchWriterMode"},
    {kSsLocksAcquirecount, "locks/ParallelBatchWriterMode/acquireCount/w", "w",
     "ParallelBatchWriterMode"},
    {kSsLocksAcquirecount, "locks/ReplicationStateTransition/acquireCount/w", "w",
     "ReplicationStateTransition"},
    {kSsLocksAcquirewaitcount, "locks/ReplicationStateTransition/acquireWaitCount/W", "W",
     "ReplicationStateTransition"},
    {kSsLocksTimeacquiringmicros, "locks/ReplicationStateTransition/timeAcquiringMicros/w", "w",
     "ReplicationStateTransition"},
    {kMongodMemory, "mem/resident", "resident"},
    {kMongodMemory, "mem/virtual", "virtual"},
    {kMongodMemory, "mem/mapped", "mapped"},
    {kMongodMemory, "mem/mappedWithJournal", "mapped_with_journal"},
    {kMemory, "mem/resident", "resident"},
    {kMemory, "mem/virtual", "virtual"},
    {kMemory, "mem/mapped", "mapped"},
    {kMemory, "mem/mappedWithJournal", "mapped_with_journal"},
    {kMongodMetricsCursorTimedOutTotal, "metrics/cursor/timedOut"},
    {kMongodMetricsCursorOpen, "metrics/cursor/open", "*"},
    {kMongodMetricsDocumentTotal, "metrics/document", "*"},
    {kMongodMetricsGetLastErrorWtimeoutsTotal, "metrics/getLastError/wtimeouts"},
    {kMongodMetricsGetLastErrorWtimeNumTotal, "metrics/getLastError/wtime/num"},
    {kMongodMetricsGetLastErrorWtimeTotalMilliseconds, "metrics/getLastError/wtime/totalMillis"},
    {kMongodMetricsOperationTotal, "metrics/operation/scanAndOrder", "scanAndOrder"},
    {kMongodMetricsOperationTotal, "metrics/operation/writeConflicts", "writeConflicts"},
    {kMongodMetricsOperationTotal, "metrics/operation/fastmod", "fastmod"},
    {kMongodMetricsOperationTotal, "metrics/operation/idhack", "idhack"},
    {kMongodMetricsQueryExecutorTotal, "metrics/queryExecutor/scanned", "scanned"},
    {kMongodMetricsQueryExecutorTotal, "metrics/queryExecutor/scannedObjects", "scanned_objects"},
    {kMongodMetricsRecordMovesTotal, "metrics/record/moves"},
    {kMongodMetricsReplApplyOpsTotal, "metrics/repl/apply/ops"},
    {kMongodMetricsReplApplyBatchesNumTotal, "metrics/repl/apply/batches/num"},
    {kMongodMetricsReplApplyBatchesTotalMilliseconds, "metrics/repl/apply/batches/totalMillis"},
    {kMongodMetricsReplBufferCount, "metrics/repl/buffer/count"},
    {kMongodMetricsReplBufferMaxSizeBytes, "metrics/repl/buffer/maxSizeBytes"},
    {kMongodMetricsReplBufferSizeBytes, "metrics/repl/buffer/sizeBytes"},
    {kMongodMetricsReplExecutorUnsignaledEvents, "metrics/repl/executor/unsignaledEvents"},
    {kMongodMetricsReplExecutorQueue, "metrics/repl/executor/queues/networkInProgress",
     "networkInProgress"},
    {kMongodMetricsReplExecutorQueue, "metrics/repl/executor/queues/sleepers", "sleepers"},
    {kMongodMetricsReplNetworkBytesTotal, "metrics/repl/network/bytes"},
    {kMongodMetricsReplNetworkOpsTotal, "metrics/repl/network/ops"},
    {kMongodMetricsReplNetworkReadersCreatedTotal, "metrics/repl/network/readersCreated"},
    {kMongodMetricsReplNetworkGetmoresNumTotal, "metrics/repl/network/getmores/num"},
    {kMongodMetricsReplNetworkGetmoresTotalMilliseconds,
     "metrics/repl/network/getmores/totalMillis"},
    // Up to 4.0.
    {kMongodMetricsReplPreloadDocsNumTotal, "metrics/repl/preload/docs/num"},
    {kMongodMetricsReplPreloadDocsTotalMilliseconds, "metrics/repl/preload/docs/totalMillis"},
    {kMongodMetricsReplPreloadIndexesNumTotal, "metrics/repl/preload/indexes/num"},
    {kMongodMetricsReplPreloadIndexesTotalMilliseconds, "metrics/repl/preload/indexes/totalMillis"},
    {kMongodMetricsTtlDeletedDocumentsTotal, "metrics/ttl/deletedDocuments"},
    {kMongodMetricsTtlPassesTotal, "metrics/ttl/passes"},
    {kMongodNetworkBytesTotal, "network/bytesIn", "in_bytes"},
    {kMongodNetworkBytesTotal, "network/bytesOut", "out_bytes"},
    {kMongodNetworkMetricsNumRequestsTotal, "network/numRequests"},
    {kNetworkBytesTotal, "network/bytesIn", "in_bytes"},
    {kNetworkBytesTotal, "network/bytesOut", "out_bytes"},
    {kNetworkMetricsNumRequestsTotal, "network/numRequests"},
    {kMongodOpLatenciesLatencyTotal, "opLatencies/commands/latency", "command"},
    {kMongodOpLatenciesOpsTotal, "opLatencies/commands/ops", "command"},
    {kMongodOpLatenciesLatencyTotal, "opLatencies/reads/latency", "read"},
    {kMongodOpLatenciesOpsTotal, "opLatencies/reads/ops", "read"},
    {kMongodOpLatenciesLatencyTotal, "opLatencies/writes/latency", "write"},
    {kMongodOpLatenciesOpsTotal, "opLatencies/writes/ops", "write"},
    {kMongodOpCountersTotal, "opcounters", "*"},
    {kOpCountersTotal, "opcounters", "*"},
    {kMongodOpCountersReplTotal, "opcountersRepl", "*"},
    {kOpCountersReplTotal, "opcountersRepl", "*"},
    {kMongodWiredtigerConcurrentTransactionsAvailableTickets, "queues/execution/read/available",
     "read"},
    {kMongodWiredtigerConcurrentTransactionsOutTickets, "queues/execution/read/out", "read"},
    {kMongodWiredtigerConcurrentTransactionsTotalTickets, "queues/execution/read/totalTickets",
     "read"},
    {kMongodWiredtigerConcurrentTransactionsAvailableTickets, "queues/execution/write/available",
     "write"},
    {kMongodWiredtigerConcurrentTransactionsOutTickets, "queues/execution/write/out", "write"},
    {kMongodWiredtigerConcurrentTransactionsTotalTickets, "queues/execution/write/totalTickets",
     "write"},
    {kMongodInstanceUptimeSeconds, "uptime"},
    {kInstanceUptimeSeconds, "uptime"},
    {kMongodWiredtigerBlockmanagerBlocksTotal, "wiredTiger/block-manager/blocks read", "read"},
    {kMongodWiredtigerBlockmanagerBlocksTotal, "wiredTiger/block-manager/mapped blocks read",
     "read_mapped"},
    {kMongodWiredtigerBlockmanagerBlocksTotal, "wiredTiger/block-manager/blocks pre-loaded",
     "pre_loaded"},
    {kMongodWiredtigerBlockmanagerBlocksTotal, "wiredTiger/block-manager/blocks written",
     "written"},
    {kMongodWiredtigerBlockmanagerBytesTotal, "wiredTiger/block-manager/bytes read", "read"},
    {kMongodWiredtigerBlockmanagerBytesTotal, "wiredTiger/block-manager/mapped bytes read",
     "read_mapped"},
    {kMongodWiredtigerBlockmanagerBytesTotal, "wiredTiger/block-manager/bytes written", "written"},
    {kMongodWiredtigerCacheBytes, "wiredTiger/cache/bytes currently in the cache", "total"},
    {kMongodWiredtigerCacheBytes, "wiredTiger/cache/tracked dirty bytes in the cache", "dirty"},
    {kMongodWiredtigerCacheBytes,
     "wiredTiger/cache/tracked bytes belonging to internal pages in the cache", "internal_pages"},
    {kMongodWiredtigerCacheBytes,
     "wiredTiger/cache/tracked bytes belonging to leaf pages in the cache", "leaf_pages"},
    {kMongodWiredtigerCacheBytesTotal, "wiredTiger/cache/bytes read into cache", "read"},
    {kMongodWiredtigerCacheBytesTotal, "wiredTiger/cache/bytes written from cache", "written"},
    {kMongodWiredtigerCacheEvictedTotal, "wiredTiger/cache/modified pages evicted", "modified"},
    {kMongodWiredtigerCacheEvictedTotal, "wiredTiger/cache/unmodified pages evicted", "unmodified"},
    {kMongodWiredtigerCacheMaxBytes, "wiredTiger/cache/maximum bytes configured"},
    {kMongodWiredtigerCacheOverheadPercent, "wiredTiger/cache/percentage overhead"},
    {kMongodWiredtigerCachePages, "wiredTiger/cache/pages currently held in the cache", "total"},
    {kMongodWiredtigerCachePages, "wiredTiger/cache/tracked dirty pages in the cache", "dirty"},
    {kMongodWiredtigerCachePagesTotal, "wiredTiger/cache/pages read into cache", "read"},
    {kMongodWiredtigerCachePagesTotal, "wiredTiger/cache/pages written from cache", "written"},
    {kMongodWiredtigerConcurrentTransactionsAvailableTickets,
     "wiredTiger/concurrentTransactions/read/available", "read"},
    {kMongodWiredtigerConcurrentTransactionsOutTickets,
     "wiredTiger/concurrentTransactions/read/out", "read"},
    {kMongodWiredtigerConcurrentTransactionsTotalTickets,
     "wiredTiger/concurrentTransactions/read/totalTickets", "read"},
    {kMongodWiredtigerConcurrentTransactionsAvailableTickets,
     "wiredTiger/concurrentTransactions/write/available", "write"},
    {kMongodWiredtigerConcurrentTransactionsOutTickets,
     "wiredTiger/concurrentTransactions/write/out", "write"},
    {kMongodWiredtigerConcurrentTransactionsTotalTickets,
     "wiredTiger/concurrentTransactions/write/totalTickets", "write"},
    {kMongodWiredtigerLogBytesTotal, "wiredTiger/log/log bytes of payload data", "payload"},
    {kMongodWiredtigerLogBytesTotal, "wiredTiger/log/log bytes written", "written"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log read operations", "read"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log write operations", "write"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log scan operations", "scan"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log scan records requiring two reads",
     "scan_double"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log sync operations", "sync"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log sync_dir operations", "sync_dir"},
    {kMongodWiredtigerLogOperationsTotal, "wiredTiger/log/log flush operations", "flush"},
    {kMongodWiredtigerLogRecordsTotal, "wiredTiger/log/log records compressed", "compressed"},
    {kMongodWiredtigerLogRecordsTotal, "wiredTiger/log/log records not compressed", "uncompressed"},
    {kMongodWiredtigerLogRecordsScannedTotal, "wiredTiger/log/records processed by log scan"},
    {kMongodWiredtigerSessionOpenCursorsTotal, "wiredTiger/session/open cursor count"},
    // There since 4.4.
    {kMongodWiredtigerSessionOpenCursorsTotal, "wiredTiger/cursor/open cursor count"},
    {kMongodWiredtigerSessionOpenSessionsTotal, "wiredTiger/session/open session count"},
    {kMongodWiredtigerTransactionsCheckpointMilliseconds,
     "wiredTiger/transaction/transaction checkpoint min time (msecs)", "min"},
    {kMongodWiredtigerTransactionsCheckpointMilliseconds,
     "wiredTiger/transaction/transaction checkpoint max time (msecs)", "max"},
    {kMongodWiredtigerTransactionsCheckpointMillisecondsTotal,
     "wiredTiger/transaction/transaction checkpoint total time (msecs)"},
    {kMongodWiredtigerTransactionsRunningCheckpoints,
     "wiredTiger/transaction/transaction checkpoint currently running"},
    {kMongodWiredtigerTransactionsTotal, "wiredTiger/transaction/transaction begins", "begins"},
    {kMongodWiredtigerTransactionsTotal, "wiredTiger/transaction/transaction checkpoints",
     "checkpoints"},
    {kMongodWiredtigerTransactionsTotal, "wiredTiger/transaction/transactions committed",
     "committed"},
    {kMongodWiredtigerTransactionsTotal, "wiredTiger/transaction/transactions rolled back",
     "rolled_back"},
};

/// Documents on the way to a field, kept from one row to the next.
class Entrance {
 public:
  explicit Entrance(const Document& root) : root_(root) {}

  const std::optional<Document>& Enter(std::string_view path) {
    if (path == path_) return entered_;
    path_ = path;
    entered_ = root_;
    while (entered_ && !path.empty())
      entered_ = entered_->Child(std::string(CutAt(path, '/')).c_str());
    return entered_;
  }

 private:
  const Document& root_;
  std::string_view path_;
  std::optional<Document> entered_ = root_;
};

/// What is not one field as it is.
void EmitOthers(Entrance& entrance, SampleSink& sink) {
  if (const auto& waits = entrance.Enter("locks/Global/timeAcquiringMicros")) {
    const auto readers = waits->Number("r");
    const auto writers = waits->Number("w");
    if (readers || writers)
      sink.Add(kTable[kLocksTimeAcquiringGlobal], readers.value_or(0) + writers.value_or(0));
  }
  if (const auto& server = entrance.Enter("")) {
    if (const auto ms = server->DateMs("localTime"))
      sink.Add(kTable[kInstanceLocalTime], static_cast<double>(*ms) / 1000);
  }
}

void EmitKeys(const MetricDesc& desc, const Document& document, SampleSink& sink) {
  bson_iter_t iter;
  if (!document.Begin(iter)) return;
  while (bson_iter_next(&iter)) {
    const char* key = bson_iter_key(&iter);
    sink.Add(desc, document.Number(key), {key});
  }
}

}  // namespace

MetricTable NodeCompatibleMetrics() { return kTable; }

void EmitNodeCompatible(const Document& server, SampleSink& sink) {
  Entrance entrance(server);
  EmitOthers(entrance, sink);
  for (const Row& row : kRows) {
    const MetricDesc& desc = kTable[row.family];
    const std::string_view path(row.path);
    if (row.label == "*") {
      if (const auto& document = entrance.Enter(path)) EmitKeys(desc, *document, sink);
      continue;
    }
    const size_t slash = path.rfind('/');
    const bool on_top = slash == std::string_view::npos;
    const auto& document = entrance.Enter(on_top ? std::string_view() : path.substr(0, slash));
    if (!document) continue;
    const auto value = document->Number(on_top ? row.path : row.path + slash + 1);
    if (row.label.empty()) {
      sink.Add(desc, value);
    } else if (row.second_label.empty()) {
      sink.Add(desc, value, {row.label});
    } else {
      sink.Add(desc, value, {row.label, row.second_label});
    }
  }
}

}  // namespace replicawatch::mongo
