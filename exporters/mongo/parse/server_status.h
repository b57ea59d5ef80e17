#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::mongo {

/// What is needed of the answer to `serverStatus`.
struct ServerStatus {
  std::optional<std::string> version;
  std::optional<int64_t> rollback_id;        ///< repl.rbid
  std::optional<int> user_write_block_mode;  ///< repl.userWriteBlockMode (6.0): 2 is on
  std::optional<uint32_t> oplog_first;       ///< seconds of the oldest entry's timestamp
  std::optional<uint32_t> oplog_last;
};

/// Errors: kParse.
Result<ServerStatus> ParseServerStatus(std::string_view bson);

}  // namespace replicawatch::mongo
