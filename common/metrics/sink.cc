#include "common/metrics/sink.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/text.h"

namespace replicawatch {
namespace {

void AppendPair(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += "=\"";
  AppendLabelValue(out, value);
  out += '"';
}

bool SameSeries(const Snapshot& snapshot, const Line& a, const Line& b) {
  return a.family == b.family && a.suffix == b.suffix && snapshot.Labels(a) == snapshot.Labels(b);
}

/// Tells each line the position of its family. A page has far more lines than families: so that
/// their names are not compared again for each pair of lines.
void RankFamilies(std::vector<Line>& lines) {
  std::unordered_map<const MetricDesc*, uint32_t> ranks;
  for (const Line& line : lines) ranks.try_emplace(line.desc, 0);
  std::vector<const MetricDesc*> families;
  families.reserve(ranks.size());
  for (const auto& [desc, rank] : ranks) families.push_back(desc);
  std::sort(families.begin(), families.end(),
            [](const MetricDesc* a, const MetricDesc* b) { return a->name < b->name; });
  uint32_t rank = 0;
  for (size_t i = 0; i < families.size(); ++i) {
    // Two descriptors of one name are one family.
    if (i > 0 && families[i]->name != families[i - 1]->name) ++rank;
    ranks[families[i]] = rank;
  }
  for (Line& line : lines) line.family = ranks[line.desc];
}

}  // namespace

void SampleSink::EnterCluster(std::string_view service, std::string_view cluster) {
  cluster_ = cluster;
  cluster_labels_.clear();
  AppendPair(cluster_labels_, "service", service);
  cluster_labels_ += ',';
  AppendPair(cluster_labels_, "cluster", cluster);
  node_labels_.clear();
}

void SampleSink::EnterMember(std::string_view member) {
  node_labels_.clear();
  AppendPair(node_labels_, "cluster", cluster_);
  node_labels_ += ',';
  AppendPair(node_labels_, "member", member);
}

void SampleSink::AppendLabel(std::string_view name, std::string_view value) {
  if (snapshot_.text.size() > label_text_begin_) snapshot_.text += ',';
  AppendPair(snapshot_.text, name, value);
}

Line* SampleSink::NewLine(const MetricDesc& desc,
                          std::initializer_list<std::string_view> label_values) {
  assert(label_values.size() == desc.label_count());
  // Offsets are 32 bits wide: 4 GB of label text is far beyond what Prometheus would take.
  if (snapshot_.lines.size() >= max_lines_ ||
      snapshot_.text.size() > std::numeric_limits<uint32_t>::max() / 2) {
    ++snapshot_.over_limit;
    return nullptr;
  }
  label_text_begin_ = snapshot_.text.size();
  if (desc.scope == Scope::kCluster) snapshot_.text += cluster_labels_;
  if (desc.scope == Scope::kNode) snapshot_.text += node_labels_;
  size_t index = 0;
  for (const std::string_view value : label_values) AppendLabel(desc.labels[index++], value);

  Line& line = snapshot_.lines.emplace_back();
  line.desc = &desc;
  line.labels_begin = static_cast<uint32_t>(label_text_begin_);
  line.labels_size = static_cast<uint32_t>(snapshot_.text.size() - label_text_begin_);
  line.key_size = line.labels_size;
  line.order = static_cast<uint32_t>(snapshot_.lines.size());
  return &line;
}

void SampleSink::Add(const MetricDesc& desc, double value,
                     std::initializer_list<std::string_view> label_values) {
  if (Line* line = NewLine(desc, label_values)) line->value = value;
}

void SampleSink::AddPart(const MetricDesc& desc, Suffix suffix, std::string_view label,
                         std::string_view label_value, double value,
                         std::initializer_list<std::string_view> label_values) {
  Line* line = NewLine(desc, label_values);
  if (line == nullptr) return;
  AppendLabel(label, label_value);
  line->labels_size = static_cast<uint32_t>(snapshot_.text.size() - label_text_begin_);
  line->suffix = suffix;
  line->value = value;
}

void SampleSink::AddSumAndCount(const MetricDesc& desc, double sum, double count,
                                std::initializer_list<std::string_view> label_values) {
  if (Line* line = NewLine(desc, label_values)) {
    line->suffix = Suffix::kSum;
    line->value = sum;
  }
  if (Line* line = NewLine(desc, label_values)) {
    line->suffix = Suffix::kCount;
    line->value = count;
  }
}

void SampleSink::AddHistogram(const MetricDesc& desc, std::span<const Bucket> buckets, double sum,
                              double count, std::initializer_list<std::string_view> label_values) {
  std::string bound;
  for (const Bucket& bucket : buckets) {
    bound.clear();
    AppendNumber(bound, bucket.upper_bound);
    AddPart(desc, Suffix::kBucket, "le", bound, bucket.cumulative_count, label_values);
  }
  AddPart(desc, Suffix::kBucket, "le", "+Inf", count, label_values);
  AddSumAndCount(desc, sum, count, label_values);
}

void SampleSink::AddSummary(const MetricDesc& desc, std::span<const Quantile> quantiles, double sum,
                            double count, std::initializer_list<std::string_view> label_values) {
  for (const auto& [quantile, value] : quantiles)
    AddPart(desc, Suffix::kNone, "quantile", quantile, value, label_values);
  AddSumAndCount(desc, sum, count, label_values);
}

void SampleSink::Rollback(Mark mark) {
  snapshot_.lines.resize(mark.lines);
  snapshot_.text.resize(mark.text);
}

void SampleSink::Append(SampleSink& other) {
  const auto shift = static_cast<uint32_t>(snapshot_.text.size());
  const auto order = static_cast<uint32_t>(snapshot_.lines.size());
  snapshot_.text += other.snapshot_.text;
  for (Line& line : other.snapshot_.lines) {
    line.labels_begin += shift;
    line.order += order;
    snapshot_.lines.push_back(line);
  }
  snapshot_.over_limit += other.snapshot_.over_limit;
  other.snapshot_ = {};
}

Snapshot SampleSink::Finish() {
  auto& lines = snapshot_.lines;
  RankFamilies(lines);
  const auto key = [&](const Line& line) {
    return snapshot_.Labels(line).substr(0, line.key_size);
  };
  std::sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
    if (a.family != b.family) return a.family < b.family;
    if (const int order = key(a).compare(key(b)); order != 0) return order < 0;
    return a.order < b.order;
  });
  const auto duplicate = std::unique(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
    return SameSeries(snapshot_, a, b);
  });
  snapshot_.duplicates = static_cast<uint32_t>(lines.end() - duplicate);
  lines.erase(duplicate, lines.end());
  return std::exchange(snapshot_, {});
}

}  // namespace replicawatch
