#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/metrics/desc.h"

namespace replicawatch {

/// The suffix of a line's name: histograms have several lines a sample.
enum class Suffix : uint8_t { kNone, kBucket, kSum, kCount };

/// One line of the page: `labels` is the finished text between the braces, in Snapshot::text.
struct Line {
  const MetricDesc* desc = nullptr;
  uint32_t labels_begin = 0;
  uint32_t labels_size = 0;
  uint32_t key_size = 0;  ///< the part of `labels` that tells samples apart: without a histogram's
                          ///< `le`, a summary's `quantile`
  uint32_t order = 0;     ///< position in which it was added; keeps a histogram's lines together
  uint32_t family = 0;    ///< position of the family in the page
  Suffix suffix = Suffix::kNone;
  double value = 0;
};

/// The finished result of a scrape: lines sorted by family name, then by labels. Immutable, so it
/// is shared between threads without a lock.
struct Snapshot {
  std::vector<Line> lines;
  std::string text;
  uint32_t duplicates =
      0;  ///< lines dropped because the same series was already there: a bug of a collector
  uint32_t over_limit = 0;  ///< lines dropped because the page would have become too large

  std::string_view Labels(const Line& line) const {
    return std::string_view(text).substr(line.labels_begin, line.labels_size);
  }
};

}  // namespace replicawatch
