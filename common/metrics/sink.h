#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/metrics/snapshot.h"

namespace replicawatch {

/// Takes samples in any order and makes a Snapshot of them. Groups by descriptor, so that each
/// family has one HELP and TYPE; drops duplicate series; repairs UTF-8 in label values. What one
/// collector has added can be taken back whole. Not thread-safe: one sink per scrape.
class SampleSink {
 public:
  explicit SampleSink(size_t max_lines = 1'000'000) : max_lines_(max_lines) {}

  /// The labels that samples of Scope::kCluster get from now on.
  void EnterCluster(std::string_view service, std::string_view cluster);
  /// The `member` that samples of Scope::kNode get from now on; without a call they carry no labels
  /// of the scope.
  void EnterMember(std::string_view member);
  /// One more label of the samples of Scope::kNode, until the next member.
  void AddNodeLabel(std::string_view name, std::string_view value);

  /// Adds a gauge, counter or unknown. `label_values` in the descriptor's order, all of them.
  void Add(const MetricDesc& desc, double value,
           std::initializer_list<std::string_view> label_values = {});
  void Add(const MetricDesc& desc, double value, std::span<const std::string_view> label_values);
  /// The same for a value that may be unknown, which is left out.
  void Add(const MetricDesc& desc, std::optional<double> value,
           std::initializer_list<std::string_view> label_values = {}) {
    if (value) Add(desc, *value, label_values);
  }

  struct Bucket {
    double upper_bound;
    double cumulative_count;
  };
  /// Adds a histogram; `buckets` ascending, the +Inf bucket is made from `count`.
  void AddHistogram(const MetricDesc& desc, std::span<const Bucket> buckets, double sum,
                    double count, std::initializer_list<std::string_view> label_values = {});

  struct Quantile {
    std::string_view quantile;  ///< as the label's text
    double value;
  };
  /// Adds a summary; `quantiles` ascending.
  void AddSummary(const MetricDesc& desc, std::span<const Quantile> quantiles, double sum,
                  double count, std::initializer_list<std::string_view> label_values = {});

  /// A position to which Rollback() returns: nothing that was added later stays.
  struct Mark {
    size_t lines;
    size_t text;
  };
  Mark Position() const { return {snapshot_.lines.size(), snapshot_.text.size()}; }
  void Rollback(Mark mark);

  /// Adds all samples of another sink, which is empty afterwards.
  void Append(SampleSink& other);

  /// Sorts and hands over. The sink is empty afterwards.
  Snapshot Finish();

 private:
  /// A part of the snapshot's text.
  struct Text {
    size_t begin = 0;
    size_t size = 0;
  };

  /// No more lines are taken.
  bool Full() const;
  Text WriteLabels(const MetricDesc& desc, std::span<const std::string_view> label_values);
  /// Null when the sink is full.
  Line* NewLine(const MetricDesc& desc, Text labels);
  /// A line whose last label does not tell samples apart: a histogram's bucket, a summary's
  /// quantile. The others are `key`.
  void AddPart(const MetricDesc& desc, Suffix suffix, Text key, std::string_view label,
               std::string_view label_value, double value);
  void AddSumAndCount(const MetricDesc& desc, Text key, double sum, double count);

  size_t max_lines_;
  std::string cluster_labels_;
  std::string node_labels_;
  std::string cluster_;
  std::optional<size_t> node_labels_begin_;  ///< where the text has node_labels_, if it does
  Snapshot snapshot_;
};

}  // namespace replicawatch
