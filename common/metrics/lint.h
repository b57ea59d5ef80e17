#pragma once

#include <string>
#include <vector>

#include "common/metrics/desc.h"

namespace replicawatch {

/// Checks descriptors against the Prometheus naming rules. One line per fault, with the family's
/// name; empty when there is none. `drop_in` families keep another exporter's names: for them only
/// what would break a page counts.
std::vector<std::string> LintMetrics(MetricTable table, bool drop_in = false);

}  // namespace replicawatch
