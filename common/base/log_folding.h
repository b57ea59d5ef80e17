#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/deadline.h"

namespace replicawatch {

/// Decides which of many equal log lines are written: the first, then one each kFoldFor with the
/// number of those that were not. Of the lines told apart no more than kMost are remembered, the
/// one longest ago goes first. Not synchronised.
class LogFolding {
 public:
  static constexpr auto kFoldFor = std::chrono::minutes(10);
  static constexpr size_t kMost = 256;

  /// Nothing when the line is to be left out, else how many were left out before it.
  std::optional<uint64_t> Admit(const std::string& line, TimePoint now);

 private:
  struct State {
    TimePoint written;
    uint64_t left_out = 0;
  };
  std::map<std::string, State> lines_;
};

/// The text with each run of digits as one 0: how long a try took, or the number of a port or of an
/// operation, makes no other cause.
std::string WithoutNumbers(std::string_view text);

}  // namespace replicawatch
