#pragma once

#include <string_view>

#include "common/metrics/encoder.h"

namespace replicawatch {

/// Which format an Accept header asks for: OpenMetrics when it is named with a weight above 0 and
/// no lower than plain text's; else text 0.0.4. An empty or broken header gives text 0.0.4.
TextFormat NegotiateFormat(std::string_view accept);

/// Whether an Accept-Encoding header takes gzip: named (or `*`) with a weight above 0.
bool AcceptsGzip(std::string_view accept_encoding);

}  // namespace replicawatch
