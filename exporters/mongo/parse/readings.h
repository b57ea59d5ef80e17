#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {

/// Numbers of `serverStatus` that are published as they are, but for their unit (seconds, bytes).
/// readings.cc says where each stands.
enum class Reading : size_t {
  kBufferOperations,
  kBufferBytes,
  kBufferMaxBytes,
  kApplyBatches,
  kApplySeconds,
  kApplyOperations,
  kFetchedBytes,
  kFetchedOperations,
  kFetches,
  kFetchSeconds,
  kEmptyFetches,
  kSourceSelections,
  kSourceNotFound,
  kSourceChanges,
  kInitialSyncs,
  kInitialSyncFailures,
  kInitialSyncFailedAttempts,
  kOperationsKilled,
  kTruncations,
  kTruncationSeconds,
  kRetentionSeconds,
  kFlowControlEnabled,
  kFlowControlLagged,
  kFlowControlLags,
  kFlowControlLaggedSeconds,
  kFlowControlWaitSeconds,
  kWriteWaits,
  kWriteWaitSeconds,
  kWriteTimeouts,
  kDefaultTimeouts,
  kDefaultUnsatisfiable,
  kStepDownsByTerm,
  kCatchUps,
  kCatchUpsTimedOut,
  kCount,
};
constexpr size_t kReadings = static_cast<size_t>(Reading::kCount);

/// One for each Reading; nothing for what the answer does not have.
using Readings = std::array<std::optional<double>, kReadings>;

Readings ReadNumbers(const Document& server_status);

/// "metrics.repl.buffer.count", for --metrics.list.
std::string_view SourceOf(Reading reading);

/// The kinds of elections of `serverStatus.electionMetrics`, in the server's words.
constexpr std::array<const char*, 5> kElectionReasons = {
    "stepUpCmd", "priorityTakeover", "catchUpTakeover", "electionTimeout", "freezeTimeout"};

struct ElectionCount {
  std::optional<double> called;
  std::optional<double> successful;
};
using ElectionCounts = std::array<ElectionCount, kElectionReasons.size()>;

ElectionCounts ReadElections(const Document& server_status);

}  // namespace replicawatch::mongo
