#include "common/metrics/sink.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <memory_resource>
#include <numeric>
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

std::span<const std::string_view> AsSpan(std::initializer_list<std::string_view> values) {
  return {values.begin(), values.size()};
}

bool SameSeries(const Snapshot& snapshot, const Line& a, const Line& b) {
  return a.suffix == b.suffix && snapshot.Labels(a) == snapshot.Labels(b);
}

/// Tells each line the position of its family in the page, and returns how many families there are.
/// A page has far more lines than families: so that names are not compared for each pair of lines.
size_t RankFamilies(std::vector<Line>& lines) {
  std::pmr::monotonic_buffer_resource pool;
  std::pmr::unordered_map<const MetricDesc*, uint32_t> numbers(&pool);
  numbers.reserve(lines.size() / 2);
  std::vector<const MetricDesc*> descs;
  for (Line& line : lines) {
    const auto [found, is_new] =
        numbers.try_emplace(line.desc, static_cast<uint32_t>(descs.size()));
    if (is_new) descs.push_back(line.desc);
    line.family = found->second;
  }
  std::vector<uint32_t> by_name(descs.size());
  std::iota(by_name.begin(), by_name.end(), 0);
  std::sort(by_name.begin(), by_name.end(),
            [&](uint32_t a, uint32_t b) { return descs[a]->name < descs[b]->name; });
  std::vector<uint32_t> ranks(descs.size());
  uint32_t rank = 0;
  for (size_t i = 0; i < by_name.size(); ++i) {
    // Two descriptors of one name are one family.
    if (i > 0 && descs[by_name[i]]->name != descs[by_name[i - 1]]->name) ++rank;
    ranks[by_name[i]] = rank;
  }
  for (Line& line : lines) line.family = ranks[line.family];
  return descs.empty() ? 0 : rank + 1;
}

/// The lines by family, otherwise in the order in which they were added; `begins` gets the position
/// at which each family begins, and the end.
std::vector<Line> ByFamily(const std::vector<Line>& lines, size_t families,
                           std::vector<size_t>& begins) {
  begins.assign(families + 1, 0);
  for (const Line& line : lines) ++begins[line.family + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<size_t> next(begins.begin(), begins.end());
  std::vector<Line> sorted(lines.size());
  for (const Line& line : lines) sorted[next[line.family]++] = line;
  return sorted;
}

}  // namespace

void SampleSink::EnterCluster(std::string_view service, std::string_view cluster) {
  cluster_ = cluster;
  cluster_labels_.clear();
  AppendPair(cluster_labels_, "service", service);
  cluster_labels_ += ',';
  AppendPair(cluster_labels_, "cluster", cluster);
  node_labels_.clear();
  node_labels_begin_.reset();
}

void SampleSink::EnterMember(std::string_view member) {
  node_labels_.clear();
  node_labels_begin_.reset();
  AppendPair(node_labels_, "cluster", cluster_);
  node_labels_ += ',';
  AppendPair(node_labels_, "member", member);
}

void SampleSink::AddNodeLabel(std::string_view name, std::string_view value) {
  node_labels_begin_.reset();
  if (!node_labels_.empty()) node_labels_ += ',';
  AppendPair(node_labels_, name, value);
}

bool SampleSink::Full() const {
  // Offsets are 32 bits wide: 4 GB of label text is far beyond what Prometheus would take.
  return snapshot_.lines.size() >= max_lines_ ||
         snapshot_.text.size() > std::numeric_limits<uint32_t>::max() / 2;
}

SampleSink::Text SampleSink::WriteLabels(const MetricDesc& desc,
                                         std::span<const std::string_view> label_values) {
  assert(label_values.size() == desc.label_count());
  std::string& text = snapshot_.text;
  if (Full()) return {};
  const size_t begin = text.size();
  if (desc.scope == Scope::kCluster) text += cluster_labels_;
  if (desc.scope == Scope::kNode) {
    if (label_values.empty()) {
      // Most lines of a node have no labels of their own: these share one text.
      if (!node_labels_begin_) {
        node_labels_begin_ = begin;
        text += node_labels_;
      }
      return {*node_labels_begin_, node_labels_.size()};
    }
    text += node_labels_;
  }
  size_t index = 0;
  for (const std::string_view value : label_values) {
    if (text.size() > begin) text += ',';
    AppendPair(text, desc.labels[index++], value);
  }
  return {begin, text.size() - begin};
}

Line* SampleSink::NewLine(const MetricDesc& desc, Text labels) {
  if (Full()) {
    ++snapshot_.over_limit;
    return nullptr;
  }
  Line& line = snapshot_.lines.emplace_back();
  line.desc = &desc;
  line.labels_begin = static_cast<uint32_t>(labels.begin);
  line.labels_size = line.key_size = static_cast<uint32_t>(labels.size);
  line.order = static_cast<uint32_t>(snapshot_.lines.size());
  return &line;
}

void SampleSink::Add(const MetricDesc& desc, double value,
                     std::initializer_list<std::string_view> label_values) {
  Add(desc, value, AsSpan(label_values));
}

void SampleSink::Add(const MetricDesc& desc, double value,
                     std::span<const std::string_view> label_values) {
  if (Line* line = NewLine(desc, WriteLabels(desc, label_values))) line->value = value;
}

void SampleSink::AddPart(const MetricDesc& desc, Suffix suffix, Text key, std::string_view label,
                         std::string_view label_value, double value) {
  std::string& text = snapshot_.text;
  Line* line = NewLine(desc, key);
  if (line == nullptr) return;
  const size_t begin = text.size();
  text.append(text, key.begin, key.size);
  if (key.size > 0) text += ',';
  AppendPair(text, label, label_value);
  line->labels_begin = static_cast<uint32_t>(begin);
  line->labels_size = static_cast<uint32_t>(text.size() - begin);
  line->suffix = suffix;
  line->value = value;
}

void SampleSink::AddSumAndCount(const MetricDesc& desc, Text key, double sum, double count) {
  if (Line* line = NewLine(desc, key)) {
    line->suffix = Suffix::kSum;
    line->value = sum;
  }
  if (Line* line = NewLine(desc, key)) {
    line->suffix = Suffix::kCount;
    line->value = count;
  }
}

void SampleSink::AddHistogram(const MetricDesc& desc, std::span<const Bucket> buckets, double sum,
                              double count, std::initializer_list<std::string_view> label_values) {
  const Text key = WriteLabels(desc, AsSpan(label_values));
  std::string bound;
  for (const Bucket& bucket : buckets) {
    bound.clear();
    AppendNumber(bound, bucket.upper_bound);
    AddPart(desc, Suffix::kBucket, key, "le", bound, bucket.cumulative_count);
  }
  AddPart(desc, Suffix::kBucket, key, "le", "+Inf", count);
  AddSumAndCount(desc, key, sum, count);
}

void SampleSink::AddSummary(const MetricDesc& desc, std::span<const Quantile> quantiles, double sum,
                            double count, std::initializer_list<std::string_view> label_values) {
  const Text key = WriteLabels(desc, AsSpan(label_values));
  for (const auto& [quantile, value] : quantiles)
    AddPart(desc, Suffix::kNone, key, "quantile", quantile, value);
  AddSumAndCount(desc, key, sum, count);
}

void SampleSink::Rollback(Mark mark) {
  snapshot_.lines.resize(mark.lines);
  snapshot_.text.resize(mark.text);
  node_labels_begin_.reset();
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
  std::vector<size_t> begins;
  std::vector<Line> lines = ByFamily(snapshot_.lines, RankFamilies(snapshot_.lines), begins);
  const auto key = [&](const Line& line) {
    return snapshot_.Labels(line).substr(0, line.key_size);
  };
  const auto before = [&](const Line& a, const Line& b) {
    if (const int order = key(a).compare(key(b)); order != 0) return order < 0;
    return a.order < b.order;
  };
  snapshot_.lines.clear();
  for (size_t family = 0; family + 1 < begins.size(); ++family) {
    const auto begin = lines.begin() + static_cast<ptrdiff_t>(begins[family]);
    const auto end = lines.begin() + static_cast<ptrdiff_t>(begins[family + 1]);
    // Collectors go through the members in order, so that most families are sorted already.
    if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
    std::unique_copy(begin, end, std::back_inserter(snapshot_.lines),
                     [&](const Line& a, const Line& b) { return SameSeries(snapshot_, a, b); });
  }
  snapshot_.duplicates = static_cast<uint32_t>(lines.size() - snapshot_.lines.size());
  node_labels_begin_.reset();
  return std::exchange(snapshot_, {});
}

}  // namespace replicawatch
