#pragma once

#include <string>
#include <string_view>

#include "common/base/deadline.h"
#include "common/base/error.h"

namespace replicawatch {

/// Prometheus syntax: "1m30s", "500ms", units y w d h m s ms in this order, each at most once; "0"
/// alone is allowed.
Result<Duration> ParseDuration(std::string_view text);

}  // namespace replicawatch
