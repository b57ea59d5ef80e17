#pragma once

#include <string_view>

#include "common/base/deadline.h"

namespace replicawatch {

/// The flags that bound a scrape.
struct BudgetOptions {
  Duration timeout = std::chrono::seconds(10);       ///< --scrape.timeout
  Duration offset = std::chrono::milliseconds(500);  ///< --scrape.timeout-offset
};

/// How long a scrape may take: the smaller of the header X-Prometheus-Scrape-Timeout-Seconds (10 s
/// when it is absent or no positive number, never below 1 ms) and --scrape.timeout, less the offset
/// that the answer needs to travel, which is never more than a tenth of it.
Duration ScrapeBudget(std::string_view timeout_header, const BudgetOptions& options);

}  // namespace replicawatch
