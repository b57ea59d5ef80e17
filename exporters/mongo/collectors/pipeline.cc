// The way of the oplog through each member: where it is fetched from, what waits to be applied, how
// long the member keeps it; and the first copy of a member that joins.

#include <vector>

#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

struct Row {
  Reading reading;
  std::string_view name;
  std::string_view help;
};

constexpr Row kRows[] = {
    {Reading::kBufferOperations, "replicawatch_mongo_apply_buffer_operations",
     "Operations fetched that wait to be applied."},
    {Reading::kBufferBytes, "replicawatch_mongo_apply_buffer_bytes",
     "Size of the operations that wait to be applied."},
    {Reading::kBufferMaxBytes, "replicawatch_mongo_apply_buffer_limit_bytes",
     "Size of the buffer at which fetching stops."},
    {Reading::kApplyOperations, "replicawatch_mongo_applied_operations_total",
     "Operations applied."},
    {Reading::kApplyBatches, "replicawatch_mongo_applied_batches_total", "Batches applied."},
    {Reading::kApplySeconds, "replicawatch_mongo_applying_seconds_total",
     "Time spent applying batches."},
    {Reading::kFetchedOperations, "replicawatch_mongo_fetched_operations_total",
     "Operations fetched from the sync source."},
    {Reading::kFetchedBytes, "replicawatch_mongo_fetched_bytes_total",
     "Bytes fetched from the sync source."},
    {Reading::kFetches, "replicawatch_mongo_fetches_total",
     "Batches fetched from the sync source."},
    {Reading::kEmptyFetches, "replicawatch_mongo_empty_fetches_total",
     "Batches fetched that had nothing in them."},
    {Reading::kFetchSeconds, "replicawatch_mongo_fetching_seconds_total",
     "Time spent waiting for batches of the sync source."},
    {Reading::kSourceSelections, "replicawatch_mongo_sync_source_selections_total",
     "Times that the member looked for a sync source."},
    {Reading::kSourceNotFound, "replicawatch_mongo_sync_source_not_found_total",
     "Times that the member found no sync source."},
    {Reading::kSourceChanges, "replicawatch_mongo_sync_source_changes_total",
     "Times that the member chose another sync source."},
    {Reading::kInitialSyncs, "replicawatch_mongo_initial_syncs_total",
     "Initial syncs completed since the start."},
    {Reading::kInitialSyncFailures, "replicawatch_mongo_initial_sync_failures_total",
     "Initial syncs given up since the start."},
    {Reading::kInitialSyncFailedAttempts, "replicawatch_mongo_initial_sync_failed_attempts_total",
     "Failed attempts of all initial syncs since the start."},
    {Reading::kTruncations, "replicawatch_mongo_oplog_truncations_total",
     "Times that the oplog was cut at its old end."},
    {Reading::kTruncationSeconds, "replicawatch_mongo_oplog_truncating_seconds_total",
     "Time spent cutting the oplog."},
    {Reading::kRetentionSeconds, "replicawatch_mongo_oplog_min_retention_seconds",
     "Time for which the member keeps its oplog even beyond its size."},
};
constexpr size_t kRowCount = std::size(kRows);

enum Index : size_t {
  kSource = kRowCount,
  kHasSource,
  kMaintenance,
  kOplogSize,
  kOplogLimit,
  kSyncSize,
  kSyncCopied,
  kSyncRemaining,
  kSyncElapsed,
  kSyncFailed,
  kSyncAttempts,
  kSyncOutage,
};

const std::vector<MetricDesc>& Table() {
  static const std::vector<MetricDesc> table = [] {
    std::vector<MetricDesc> made;
    for (const Row& row : kRows) made.push_back(Family(row.name, row.help, SourceOf(row.reading)));
    const MetricDesc more[] = {
        Family("replicawatch_mongo_sync_source_info",
               "Always 1; the label says from which member this one fetches the oplog.",
               "replSetGetStatus members.syncSourceHost of itself", {"group", "member", "source"}),
        Family("replicawatch_mongo_has_sync_source",
               "1 if the member has somebody to fetch from; a secondary without stands still.",
               "replSetGetStatus members.syncSourceHost of itself"),
        Family("replicawatch_mongo_maintenance",
               "1 while the member is in maintenance mode, by replSetMaintenance or a compact.",
               "replSetGetStatus members.maintenanceMode of itself"),
        Family("replicawatch_mongo_oplog_size_bytes", "Data in the member's oplog.",
               "collStats local.oplog.rs size"),
        Family("replicawatch_mongo_oplog_limit_bytes",
               "Size beyond which the member's oplog is cut.", "collStats local.oplog.rs maxSize"),
        Family("replicawatch_mongo_initial_sync_size_bytes",
               "Data that the member's initial sync has to copy.",
               "replSetGetStatus initialSyncStatus.approxTotalDataSize"),
        Family("replicawatch_mongo_initial_sync_copied_bytes",
               "Data that the member's initial sync has copied.",
               "replSetGetStatus initialSyncStatus.approxTotalBytesCopied"),
        Family("replicawatch_mongo_initial_sync_remaining_seconds",
               "The server's estimate of what is left of the member's initial sync.",
               "replSetGetStatus initialSyncStatus.remainingInitialSyncEstimatedMillis"),
        Family("replicawatch_mongo_initial_sync_elapsed_seconds",
               "Time since the member's initial sync began.",
               "replSetGetStatus initialSyncStatus.totalInitialSyncElapsedMillis"),
        Family("replicawatch_mongo_initial_sync_failed_attempts",
               "Attempts of the member's initial sync that failed.",
               "replSetGetStatus initialSyncStatus.failedInitialSyncAttempts"),
        Family("replicawatch_mongo_initial_sync_max_failed_attempts",
               "Failed attempts at which the member gives up and ends.",
               "replSetGetStatus initialSyncStatus.maxFailedInitialSyncAttempts"),
        Family("replicawatch_mongo_initial_sync_outage_seconds",
               "How long the source of the member's initial sync has been away now.",
               "replSetGetStatus initialSyncStatus.currentOutageDurationMillis"),
    };
    made.insert(made.end(), std::begin(more), std::end(more));
    return made;
  }();
  return table;
}

void EmitSyncSource(const View& view, const MemberDetails& member, const SeenMember& self,
                    SampleSink& sink) {
  const std::vector<MetricDesc>& table = Table();
  sink.Add(table[kMaintenance], self.maintenance, {view.group, member.member});
  if (self.state != kStateSecondary && self.state != kStateRecovering) return;
  sink.Add(table[kHasSource], !self.sync_source.empty(), {view.group, member.member});
  if (self.sync_source.empty()) return;
  sink.Add(table[kSource], 1, {view.group, member.member, self.sync_source});
}

void EmitInitialSync(const View& view, const MemberDetails& member, const InitialSync& sync,
                     SampleSink& sink) {
  const std::vector<MetricDesc>& table = Table();
  const auto add = [&](Index index, std::optional<double> value) {
    sink.Add(table[index], value, {view.group, member.member});
  };
  add(kSyncSize, sync.size_bytes);
  add(kSyncCopied, sync.copied_bytes);
  add(kSyncRemaining, sync.remaining_seconds);
  add(kSyncElapsed, sync.elapsed_seconds);
  add(kSyncFailed, sync.failed_attempts);
  add(kSyncAttempts, sync.max_failed_attempts);
  add(kSyncOutage, sync.outage_seconds);
}

}  // namespace

MetricTable PipelineMetrics() { return Table(); }

void EmitPipeline(const View& view, SampleSink& sink) {
  const std::vector<MetricDesc>& table = Table();
  for (const MemberDetails& member : view.details) {
    if (member.server) {
      for (size_t i = 0; i < kRowCount; ++i)
        sink.Add(table[i], member.server->readings[static_cast<size_t>(kRows[i].reading)],
                 {view.group, member.member});
    }
    if (member.oplog) {
      sink.Add(table[kOplogSize], member.oplog->size_bytes, {view.group, member.member});
      sink.Add(table[kOplogLimit], member.oplog->limit_bytes, {view.group, member.member});
    }
    if (!member.status) continue;
    for (const SeenMember& seen : member.status->members) {
      if (seen.self) EmitSyncSource(view, member, seen, sink);
    }
    if (member.status->initial_sync)
      EmitInitialSync(view, member, *member.status->initial_sync, sink);
  }
}

}  // namespace replicawatch::mongo
