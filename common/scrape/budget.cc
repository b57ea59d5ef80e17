#include "common/scrape/budget.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"

namespace replicawatch {
namespace {

constexpr double kDefaultSeconds = 10;
constexpr double kShortestSeconds = 0.001;
constexpr double kLongestSeconds = 3600;

}  // namespace

Duration ScrapeBudget(std::string_view timeout_header, const BudgetOptions& options) {
  double seconds = ParseDouble(TrimSpace(timeout_header)).value_or(kDefaultSeconds);
  if (!std::isfinite(seconds) || seconds <= 0) seconds = kDefaultSeconds;
  const auto wanted = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::clamp(seconds, kShortestSeconds, kLongestSeconds)));
  const Duration budget = std::min(wanted, options.timeout);
  return budget - std::min(options.offset, budget / 10);
}

}  // namespace replicawatch
