#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicawatch::redis {

/// The limits on the output buffers of one class of clients. 0 means no limit.
struct BufferLimit {
  std::string_view name;  ///< of the class, within the setting: "normal", "slave", "pubsub"
  std::optional<int64_t> hard_bytes;
  std::optional<int64_t> soft_bytes;
  std::optional<int64_t> soft_seconds;  ///< above the soft limit until the client is cut off

  bool is_of_replicas() const { return name == "slave" || name == "replica"; }
};

/// Reads client-output-buffer-limit: "normal 0 0 0 slave 268435456 67108864 60 ...". What it
/// returns refers to `setting`. Pure.
std::vector<BufferLimit> ParseBufferLimits(std::string_view setting);

}  // namespace replicawatch::redis
