#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::mongo {

/// What is needed of the answer to `collStats` of local.oplog.rs.
struct OplogStats {
  std::optional<double> size_bytes;
  std::optional<double> limit_bytes;  ///< maxSize
};

/// Errors: kParse.
Result<OplogStats> ParseOplogStats(std::string_view bson);

/// The answer to `getParameter: 1, featureCompatibilityVersion: 1`.
struct Compatibility {
  std::string version;
  bool in_transition = false;  ///< it has a targetVersion
};

/// Errors: kParse.
Result<Compatibility> ParseCompatibility(std::string_view bson);

/// Whether the answer to `currentOp` says that the member is locked by fsync. Errors: kParse.
Result<bool> ParseFsyncLock(std::string_view bson);

}  // namespace replicawatch::mongo
