#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicawatch::minio {

enum class CanaryOperation : uint8_t { kPut, kGet, kHead, kDelete };
constexpr size_t kCanaryOperations = 4;

/// The label values of CanaryOperation, in its order.
constexpr std::array<std::string_view, kCanaryOperations> kCanaryOperationNames = {
    "put", "get", "head", "delete"};

/// What came of one operation through one node.
struct CanaryOutcome {
  /// Of the last round. Nothing when it was left out there: what stands below is older then.
  std::optional<bool> success;
  std::string_view code;  ///< of the failure, out of a bounded set; empty after a success
  std::optional<double> seconds;
  std::optional<double> last_success;  ///< in seconds since 1970
  uint64_t attempts = 0;
  uint64_t failures = 0;
};

struct CanaryNodeView {
  std::string member;
  std::array<CanaryOutcome, kCanaryOperations> outcomes;
  std::optional<double> age_seconds;  ///< since the last round ended
};

/// How many shards the objects of the ring have, as a heal run that only looks found them.
struct RedundancyView {
  bool success = false;  ///< of the last look; what stands below is of the last good one
  std::optional<double> age_seconds;
  int objects = 0;
  /// Objects of which a drive that is there has no shard, or a broken one.
  int under_replicated = 0;
  // Of the object that can lose the fewest:
  int shards_present = 0;
  int data_blocks = 0;
  int parity_blocks = 0;
};

/// All that the canary has found; immutable once made.
struct CanaryView {
  std::vector<CanaryNodeView> nodes;  ///< those asked at least once, by name
  std::optional<RedundancyView> redundancy;
};

}  // namespace replicawatch::minio
