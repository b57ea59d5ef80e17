#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/base/text.h"

namespace replicawatch::fuzz {

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What must hold for any input: ends the process where it does not, which is how libFuzzer takes
/// a finding.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A text as it is published: with U+FFFD for bytes that are no UTF-8.
inline std::string Repaired(std::string_view text) {
  std::string out;
  AppendUtf8(out, text);
  return out;
}

}  // namespace replicawatch::fuzz
