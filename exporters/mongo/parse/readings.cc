#include "exporters/mongo/parse/readings.h"

#include <string>

#include "common/base/text.h"

namespace replicawatch::mongo {
namespace {

// The units of fields, in seconds. A quotient stays short (0.141), a product may not.
struct Unit {
  double factor = 1;
  double divisor = 1;
};
constexpr Unit kMilli = {1, 1e3};
constexpr Unit kMicro = {1, 1e6};
constexpr Unit kHour = {3600, 1};

struct Row {
  Reading reading;
  const char* section;  ///< path of the document that has the field
  const char* field;
  Unit unit = {};
};

// By section: each is entered once. A reading that two rows have is in another place since 8.0,
// where the write and the apply buffer are apart.
constexpr Row kRows[] = {
    {Reading::kBufferOperations, "metrics.repl.buffer", "count"},
    {Reading::kBufferBytes, "metrics.repl.buffer", "sizeBytes"},
    {Reading::kBufferMaxBytes, "metrics.repl.buffer", "maxSizeBytes"},
    {Reading::kBufferOperations, "metrics.repl.buffer.apply", "count"},
    {Reading::kBufferBytes, "metrics.repl.buffer.apply", "sizeBytes"},
    {Reading::kBufferMaxBytes, "metrics.repl.buffer.apply", "maxSizeBytes"},
    {Reading::kApplyOperations, "metrics.repl.apply", "ops"},
    {Reading::kApplyBatches, "metrics.repl.apply.batches", "num"},
    {Reading::kApplySeconds, "metrics.repl.apply.batches", "totalMillis", kMilli},
    {Reading::kFetchedBytes, "metrics.repl.network", "bytes"},
    {Reading::kFetchedOperations, "metrics.repl.network", "ops"},
    {Reading::kFetches, "metrics.repl.network.getmores", "num"},
    {Reading::kFetchSeconds, "metrics.repl.network.getmores", "totalMillis", kMilli},
    {Reading::kEmptyFetches, "metrics.repl.network.getmores", "numEmptyBatches"},
    {Reading::kSourceSelections, "metrics.repl.syncSource", "numSelections"},
    {Reading::kSourceNotFound, "metrics.repl.syncSource", "numTimesCouldNotFind"},
    {Reading::kSourceChanges, "metrics.repl.syncSource", "numTimesChoseDifferent"},
    {Reading::kInitialSyncs, "metrics.repl.initialSync", "completed"},
    {Reading::kInitialSyncFailures, "metrics.repl.initialSync", "failures"},
    {Reading::kInitialSyncFailedAttempts, "metrics.repl.initialSync", "failedAttempts"},
    {Reading::kOperationsKilled, "metrics.repl.stateTransition", "userOperationsKilled"},
    {Reading::kTruncations, "oplogTruncation", "truncateCount"},
    {Reading::kTruncationSeconds, "oplogTruncation", "totalTimeTruncatingMicros", kMicro},
    {Reading::kRetentionSeconds, "oplogTruncation", "oplogMinRetentionHours", kHour},
    {Reading::kFlowControlEnabled, "flowControl", "enabled"},
    {Reading::kFlowControlLagged, "flowControl", "isLagged"},
    {Reading::kFlowControlLags, "flowControl", "isLaggedCount"},
    {Reading::kFlowControlLaggedSeconds, "flowControl", "isLaggedTimeMicros", kMicro},
    {Reading::kFlowControlWaitSeconds, "flowControl", "timeAcquiringMicros", kMicro},
    {Reading::kWriteTimeouts, "metrics.getLastError", "wtimeouts"},
    {Reading::kWriteWaits, "metrics.getLastError.wtime", "num"},
    {Reading::kWriteWaitSeconds, "metrics.getLastError.wtime", "totalMillis", kMilli},
    {Reading::kDefaultTimeouts, "metrics.getLastError.default", "wtimeouts"},
    {Reading::kDefaultUnsatisfiable, "metrics.getLastError.default", "unsatisfiable"},
    {Reading::kStepDownsByTerm, "electionMetrics", "numStepDownsCausedByHigherTerm"},
    {Reading::kCatchUps, "electionMetrics", "numCatchUps"},
    {Reading::kCatchUpsTimedOut, "electionMetrics", "numCatchUpsTimedOut"},
};

std::optional<Document> Enter(const Document& document, std::string_view path) {
  std::optional<Document> found = document;
  while (found && !path.empty()) found = found->Child(std::string(CutAt(path, '.')).c_str());
  return found;
}

std::optional<double> NumberOrFlag(const Document& document, const char* field) {
  if (const auto number = document.Number(field)) return number;
  if (!document.Has(field)) return std::nullopt;
  return document.Flag(field) ? 1 : 0;
}

}  // namespace

Readings ReadNumbers(const Document& server_status) {
  Readings readings;
  std::string_view entered;
  std::optional<Document> section;
  for (const Row& row : kRows) {
    if (entered != row.section) {
      entered = row.section;
      section = Enter(server_status, entered);
    }
    if (!section) continue;
    const std::optional<double> value = NumberOrFlag(*section, row.field);
    if (value)
      readings[static_cast<size_t>(row.reading)] = *value * row.unit.factor / row.unit.divisor;
  }
  return readings;
}

std::string_view SourceOf(Reading reading) {
  static const std::array<std::string, kReadings> sources = [] {
    std::array<std::string, kReadings> made;
    for (const Row& row : kRows) {
      std::string& source = made[static_cast<size_t>(row.reading)];
      source += (source.empty() ? "serverStatus " : ", since 8.0 ");
      source += std::string(row.section) + "." + row.field;
    }
    return made;
  }();
  return sources[static_cast<size_t>(reading)];
}

ElectionCounts ReadElections(const Document& server_status) {
  ElectionCounts counts;
  const auto section = server_status.Child("electionMetrics");
  for (size_t i = 0; section && i < counts.size(); ++i) {
    const auto election = section->Child(kElectionReasons[i]);
    if (!election) continue;
    counts[i] = {election->Number("called"), election->Number("successful")};
  }
  return counts;
}

}  // namespace replicawatch::mongo
