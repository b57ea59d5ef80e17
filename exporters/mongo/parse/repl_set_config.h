#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::mongo {

/// A member as the set's configuration describes it.
struct ConfiguredMember {
  std::string host;
  bool arbiter = false;
  bool hidden = false;
  double priority = 1;
  int votes = 1;
  double delay_seconds = 0;

  bool electable() const { return !arbiter && priority > 0; }
};

/// The answer to `replSetGetConfig`: the only one that names hidden members.
struct ReplSetConfig {
  std::string id;
  std::optional<int64_t> version;
  std::optional<int64_t> term;                ///< 4.4
  std::optional<std::string> replica_set_id;  ///< changes only when the set is initiated anew
  bool majority_journaled = true;             ///< writeConcernMajorityJournalDefault
  std::vector<ConfiguredMember> members;
};

/// Errors: kParse.
Result<ReplSetConfig> ParseReplSetConfig(std::string_view bson);

}  // namespace replicawatch::mongo
