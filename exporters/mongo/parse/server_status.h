#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "exporters/mongo/parse/readings.h"

namespace replicawatch::mongo {

/// The value of repl.userWriteBlockMode; 0 is unknown, 1 off.
constexpr int kUserWriteBlockOn = 2;

/// What is needed of the answer to `serverStatus`.
struct ServerStatus {
  std::optional<std::string> version;
  std::optional<int64_t> rollback_id;  ///< repl.rbid
  /// metrics.repl.stateTransition.lastStateTransition: stepUp, stepDown, rollback; nothing since
  /// the member's start: absent.
  std::optional<std::string> last_transition;
  std::optional<int> user_write_block_mode;  ///< repl.userWriteBlockMode (6.0)
  std::optional<uint32_t> oplog_first;       ///< seconds of the oldest entry's timestamp
  std::optional<uint32_t> oplog_last;
  bool default_majority = false;  ///< defaultRWConcern (4.4): writes wait for a majority by default
  Readings readings;
  ElectionCounts elections;
};

/// Errors: kParse.
Result<ServerStatus> ParseServerStatus(std::string_view bson);

}  // namespace replicawatch::mongo
