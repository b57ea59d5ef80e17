#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;
constexpr auto kCounter = MetricType::kCounter;

enum Index : size_t {
  kSuccess,
  kDuration,
  kLastSuccess,
  kError,
  kAttempts,
  kFailures,
  kAge,
  kRedundancySuccess,
  kRedundancyAge,
  kObjects,
  kUnderReplicated,
  kShardsPresent,
  kDataBlocks,
  kParityBlocks,
  kIndexSize,
};

constexpr std::string_view kRequests = "PUT, GET, HEAD, DELETE through each node";
constexpr std::string_view kHeal = "admin heal with dryRun: Items";

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_canary_success",
     "1 if the operation succeeded through this node in the last round, and the content was right.",
     kGauge,
     "",
     Scope::kNode,
     {"operation"},
     kRequests},
    {"replicawatch_minio_canary_duration_seconds",
     "How long the operation took through this node when it was tried last.",
     kGauge,
     "seconds",
     Scope::kNode,
     {"operation"},
     kRequests},
    {"replicawatch_minio_canary_last_success_timestamp_seconds",
     "When the operation last succeeded through this node.",
     kGauge,
     "seconds",
     Scope::kNode,
     {"operation"},
     kRequests},
    {"replicawatch_minio_canary_error",
     "1 for the code with which the operation failed in the last round.",
     kGauge,
     "",
     Scope::kNode,
     {"operation", "code"},
     "Code of the refusal, or what kept the answer away"},
    {"replicawatch_minio_canary_attempts_total",
     "How often the operation was tried through this node.",
     kCounter,
     "",
     Scope::kNode,
     {"operation"},
     kRequests},
    {"replicawatch_minio_canary_failures_total",
     "How often the operation failed through this node.",
     kCounter,
     "",
     Scope::kNode,
     {"operation"},
     kRequests},
    {"replicawatch_minio_canary_age_seconds",
     "Time since the last round through this node ended.",
     kGauge,
     "seconds",
     Scope::kNode,
     {},
     kRequests},
    {"replicawatch_minio_canary_redundancy_success",
     "1 if the last look at the shards of the canary's objects came to its end.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     kHeal},
    {"replicawatch_minio_canary_redundancy_age_seconds",
     "Time since the last good look at the shards of the canary's objects.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {},
     kHeal},
    {"replicawatch_minio_canary_objects",
     "Objects of the canary whose shards were counted.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     kHeal},
    {"replicawatch_minio_canary_objects_under_replicated",
     "Those of which a drive that is there has no shard, or a broken one.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin heal with dryRun: Items.before.drives.state missing or corrupt"},
    {"replicawatch_minio_canary_shards_present",
     "Shards that the canary's object with the fewest to spare has.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin heal with dryRun: Items.before.drives.state ok"},
    {"replicawatch_minio_canary_data_blocks",
     "Shards that this object needs to be read.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin heal with dryRun: Items.dataBlocks"},
    {"replicawatch_minio_canary_parity_blocks",
     "Shards that this object has beyond these when it is complete.",
     kGauge,
     "",
     Scope::kCluster,
     {},
     "admin heal with dryRun: Items.parityBlocks"},
}};

void EmitOutcome(const CanaryOutcome& outcome, std::string_view operation, SampleSink& sink) {
  if (outcome.attempts == 0) return;
  if (outcome.success) sink.Add(kTable[kSuccess], *outcome.success ? 1 : 0, {operation});
  if (outcome.success && !outcome.code.empty())
    sink.Add(kTable[kError], 1, {operation, outcome.code});
  sink.Add(kTable[kDuration], outcome.seconds, {operation});
  sink.Add(kTable[kLastSuccess], outcome.last_success, {operation});
  sink.Add(kTable[kAttempts], static_cast<double>(outcome.attempts), {operation});
  sink.Add(kTable[kFailures], static_cast<double>(outcome.failures), {operation});
}

void EmitRedundancy(const RedundancyView& view, SampleSink& sink) {
  sink.Add(kTable[kRedundancySuccess], view.success ? 1 : 0);
  if (!view.age_seconds) return;
  sink.Add(kTable[kRedundancyAge], *view.age_seconds);
  sink.Add(kTable[kObjects], view.objects);
  sink.Add(kTable[kUnderReplicated], view.under_replicated);
  if (view.objects == 0) return;
  sink.Add(kTable[kShardsPresent], view.shards_present);
  sink.Add(kTable[kDataBlocks], view.data_blocks);
  sink.Add(kTable[kParityBlocks], view.parity_blocks);
}

}  // namespace

MetricTable CanaryMetrics() { return kTable; }

void EmitCanary(const View& view, SampleSink& sink) {
  if (view.canary == nullptr) return;
  for (const CanaryNodeView& node : view.canary->nodes) {
    sink.EnterMember(node.member);
    for (size_t i = 0; i < kCanaryOperations; ++i) {
      EmitOutcome(node.outcomes[i], kCanaryOperationNames[i], sink);
    }
    sink.Add(kTable[kAge], node.age_seconds);
  }
  if (view.canary->redundancy) EmitRedundancy(*view.canary->redundancy, sink);
}

}  // namespace replicawatch::minio
