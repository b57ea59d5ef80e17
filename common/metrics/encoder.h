#pragma once

#include <string>

#include "common/metrics/snapshot.h"

namespace replicawatch {

enum class TextFormat : uint8_t { kPrometheus004, kOpenMetrics100 };

/// The Content-Type header of a page in this format.
std::string_view ContentType(TextFormat format);

/// Appends the page. Pure: no clock, no locale, no failure.
void Encode(const Snapshot& snapshot, TextFormat format, std::string& out);

}  // namespace replicawatch
