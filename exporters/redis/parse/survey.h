#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/redis/parse/reply.h"
#include "exporters/redis/survey_settings.h"

namespace replicawatch::redis {

/// "db3=user:*,session:*": selections separated by commas, each of the database that it names, or
/// of db0. Errors: kParse.
Result<std::vector<KeySelection>> ParseSelections(std::string_view text);

/// The answer to SCAN.
struct ScanPage {
  std::string cursor;  ///< "0" at the end
  std::vector<std::string> keys;
};
std::optional<ScanPage> ParseScan(const Reply& reply);

/// The databases that have keys, of the answer to INFO keyspace.
std::vector<int> ParseDatabases(const Reply& reply);

/// The answer to XINFO STREAM. Ids are numbers of milliseconds, without the part after the dash.
struct StreamInfo {
  std::optional<double> length;
  std::optional<double> radix_tree_keys;
  std::optional<double> radix_tree_nodes;
  std::optional<double> last_generated_id;
  std::optional<double> groups;
  std::optional<double> entries_added;         ///< 7.0
  std::optional<double> max_deleted_entry_id;  ///< 7.0
  std::optional<double> first_entry_id;
  std::optional<double> last_entry_id;
};
/// Errors: kParse, also when the server refuses.
Result<StreamInfo> ParseStream(const Reply& reply);

/// One element of the answer to XINFO GROUPS.
struct StreamGroup {
  std::string name;
  std::optional<double> consumers;
  std::optional<double> pending;
  std::optional<double> last_delivered_id;
  std::optional<double> entries_read;  ///< 7.0
  std::optional<double> lag;           ///< 7.0
};
std::vector<StreamGroup> ParseStreamGroups(const Reply& reply);

/// One element of the answer to XINFO CONSUMERS.
struct StreamConsumer {
  std::string name;
  std::optional<double> pending;
  std::optional<double> idle_seconds;
};
std::vector<StreamConsumer> ParseStreamConsumers(const Reply& reply);

/// What a script gave: pairs of a name and a number.
struct ScriptResult {
  enum Outcome : int { kFailed = 0, kOk = 1, kNothing = 2 };
  Outcome outcome = kFailed;
  std::map<std::string, double> values;
};
ScriptResult ParseScript(const Reply& reply);

}  // namespace replicawatch::redis
