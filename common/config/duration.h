#pragma once

#include <string>
#include <string_view>

#include "common/base/deadline.h"
#include "common/base/error.h"

namespace replicawatch {

/// Prometheus syntax: "1m30s", "500ms", units y w d h m s ms in this order, each at most once; "0"
/// alone is allowed.
Result<Duration> ParseDuration(std::string_view text);

/// That syntax, in seconds, or in milliseconds where these are no whole ones.
std::string FormatDuration(Duration duration);

/// That syntax as a regular expression.
constexpr std::string_view kDurationPattern =
    "0|(?=[0-9])([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?";

}  // namespace replicawatch
