#include "common/base/log_folding.h"

#include <algorithm>

namespace replicawatch {

std::optional<uint64_t> LogFolding::Admit(const std::string& line, TimePoint now) {
  const auto found = lines_.find(line);
  if (found == lines_.end()) {
    if (lines_.size() == kMost) {
      lines_.erase(std::min_element(lines_.begin(), lines_.end(), [](const auto& a, const auto& b) {
        return a.second.written < b.second.written;
      }));
    }
    lines_.emplace(line, State{now, 0});
    return 0;
  }
  State& state = found->second;
  if (now - state.written < kFoldFor) {
    ++state.left_out;
    return std::nullopt;
  }
  const uint64_t left_out = state.left_out;
  state = {now, 0};
  return left_out;
}

std::string WithoutNumbers(std::string_view text) {
  std::string out;
  bool in_number = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) out += c;
    if (digit && !in_number) out += '0';
    in_number = digit;
  }
  return out;
}

}  // namespace replicawatch
