#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "common/base/error.h"
#include "common/metrics/desc.h"

namespace replicawatch {

struct PageLabel {
  std::string_view name;
  std::string_view value;  ///< without its escapes
};

/// One line of a page. All of it ends with the call that hands it over.
struct PageSample {
  std::string_view name;
  /// Of the family that the page announced under this very name; else unknown and empty. A
  /// histogram's or a summary's lines are unknown too: none of them can stand alone under its type.
  MetricType type = MetricType::kUnknown;
  std::string_view help{};  ///< with its escapes
  std::span<const PageLabel> labels{};
  double value = 0;
};

struct PageLimits {
  size_t samples = 200'000;
  size_t labels = kMaxLabels;  ///< a sample's
};

/// Reads a page of metrics in Prometheus' text format 0.0.4, strictly: kParse for anything that
/// Prometheus would refuse, and for a page that does not end with a line; kLimit beyond the limits.
/// What was handed over before an error is worth nothing. Time stamps are dropped.
Result<void> ReadMetricsPage(std::string_view text,
                             const std::function<void(const PageSample&)>& take,
                             const PageLimits& limits = {});

}  // namespace replicawatch
