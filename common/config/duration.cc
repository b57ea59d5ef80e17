#include "common/config/duration.h"

#include <array>
#include <charconv>

namespace replicawatch {
namespace {

struct Unit {
  std::string_view name;
  int64_t milliseconds;
};

// Longest first within a letter, and in the order in which they must appear.
constexpr std::array<Unit, 7> kUnits = {{{"y", 31'536'000'000},
                                         {"w", 604'800'000},
                                         {"d", 86'400'000},
                                         {"h", 3'600'000},
                                         {"m", 60'000},
                                         {"s", 1'000},
                                         {"ms", 1}}};

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  const auto bad = [&] {
    return Fail(ErrorCode::kParse,
                "\"" + std::string(text) + "\" is no duration; write it like 500ms, 10s or 1m30s");
  };
  if (text == "0") return Duration::zero();
  if (text.empty()) return bad();
  int64_t total = 0;
  size_t next_unit = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0) return bad();
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const std::string_view name = rest.substr(0, rest.find_first_of("0123456789"));
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) return bad();
    // A hundred years bound the sum far below what 64 bits hold.
    if (number > 100 * kUnits[0].milliseconds / kUnits[next_unit].milliseconds) return bad();
    total += number * kUnits[next_unit].milliseconds;
    ++next_unit;
    rest.remove_prefix(name.size());
  }
  return std::chrono::milliseconds(total);
}

std::string FormatDuration(Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

}  // namespace replicawatch
