#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "exporters/redis/parse/lua_pattern.h"

namespace replicawatch::redis {

/// Tells which group a key belongs to, as redis_exporter does: what the captures of the first
/// pattern that matches it hold, one after the other, so "" where the pattern captures nothing.
/// Immutable and thread-safe.
class KeyGrouper {
 public:
  /// Patterns of Lua 5.1. Errors: kParse.
  static Result<KeyGrouper> Make(const std::vector<std::string>& patterns);

  /// "unclassified" for a key that none matches.
  std::string GroupOf(const std::string& key) const;

 private:
  std::vector<LuaPattern> patterns_;
};

struct KeyGroup {
  double count = 0;
  std::optional<double> memory_bytes = 0;  ///< nothing when it is not known of all of its keys
};

/// The groups of one database.
struct KeyGroups {
  std::map<std::string, KeyGroup> groups;
  std::optional<size_t> distinct;  ///< nothing when there were too many to tell apart
};

/// Adds up the keys of one database by group. Pure.
class KeyGroupCount {
 public:
  /// `bytes`: nothing when they are not known.
  void Add(const std::string& group, std::optional<double> bytes);

  /// The `most` that take the most memory, then have the most keys; the keys of all others are the
  /// group "overflow".
  KeyGroups Largest(size_t most) const;

 private:
  std::map<std::string, KeyGroup> groups_;
  std::optional<KeyGroup> rest_;  // beyond the number that is told apart
};

}  // namespace replicawatch::redis
