#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/mongo/parse/optime.h"

namespace replicawatch::mongo {

/// The answer to `hello`: the only command that needs no login.
struct Hello {
  std::optional<std::string> set_name;
  std::optional<std::string> me;       ///< the member's name in the set's configuration
  std::optional<std::string> primary;  ///< the name of the primary that it follows
  bool replica_set = false;            ///< runs with --replSet, and has no configuration (yet)
  bool mongos = false;
  bool config_server = false;  ///< of a sharded cluster
  bool writable_primary = false;
  bool secondary = false;
  bool arbiter = false;
  bool hidden = false;
  std::vector<std::string> hosts;     ///< members with votes and priority; hidden ones are left out
  std::vector<std::string> passives;  ///< members with priority 0
  std::vector<std::string> arbiters;
  std::optional<int64_t> set_version;    ///< configVersion
  std::optional<int64_t> election_term;  ///< from electionId; primaries only
  std::optional<double> delay_seconds;   ///< secondaryDelaySecs
  std::optional<OpTime> last_write;
  std::optional<OpTime> majority_write;
  std::optional<int64_t> last_write_ms;  ///< wall clock of the primary that wrote it
  std::optional<int64_t> majority_write_ms;
  std::optional<int64_t> local_time_ms;
};

/// Errors: kParse.
Result<Hello> ParseHello(std::string_view bson);

}  // namespace replicawatch::mongo
