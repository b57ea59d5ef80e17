#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::redis {

/// A pattern of Lua 5.1 as string.find takes it, with all that there is: classes, sets, * + - ?,
/// captures, %1, %b and %f. Backtracking is bounded: a name that takes more steps does not match.
/// Pure; thread-safe.
class LuaPattern {
 public:
  /// Says what is wrong with a malformed one.
  static Result<LuaPattern> Make(std::string_view text);

  /// What the captures of the first match hold, joined; nothing without a match.
  std::optional<std::string> JoinedCaptures(std::string_view name) const;

 private:
  friend class LuaCompiler;
  friend class LuaMatch;

  enum class Kind : uint8_t { kOne, kOpen, kClose, kPosition, kSame, kBalance, kFrontier };

  struct Item {
    Kind kind = Kind::kOne;
    std::bitset<256> set;  ///< of kOne and kFrontier
    char repeat = 0;       ///< of kOne: * + - ? or none
    size_t capture = 0;    ///< of kOpen, kClose, kPosition, kSame
    char open = 0;         ///< of kBalance
    char close = 0;
  };

  std::vector<Item> items_;
  size_t captures_ = 0;
  bool at_start_ = false;  ///< ^
  bool at_end_ = false;    ///< $
};

}  // namespace replicawatch::redis
