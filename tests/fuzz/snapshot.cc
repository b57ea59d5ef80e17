// Snapshots with all types of metrics, in both formats, read back equal by the reader of pages that
// the exporters have for others' pages.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "common/base/text.h"
#include "common/metrics/encoder.h"
#include "common/metrics/page_reader.h"
#include "common/metrics/sink.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

constexpr MetricDesc Family(std::string_view name, MetricType type) {
  return {name, "Any \\ \n \" text.", type, UnitOf(name), Scope::kExporter, {"a"}, "here"};
}
constexpr MetricDesc kTable[] = {
    Family("fuzz_gauge", MetricType::kGauge),
    Family("fuzz_seconds_total", MetricType::kCounter),
    Family("fuzz_old_name", MetricType::kCounter),
    Family("fuzz_unknown_bytes", MetricType::kUnknown),
    Family("fuzz_histogram_seconds", MetricType::kHistogram),
    Family("fuzz_summary", MetricType::kSummary),
};

/// One sample of a page: its name, its labels as they are, its value.
struct Sample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;

  bool operator==(const Sample& other) const {
    const bool same = value == other.value || (std::isnan(value) && std::isnan(other.value));
    return same && name == other.name && labels == other.labels;
  }
};

std::string NumberText(double value) {
  std::string text;
  AppendNumber(text, value);
  return text;
}

class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  double Number() {
    double value = 0;
    const size_t size = std::min(bytes_.size(), sizeof value);
    if (size > 0) std::memcpy(&value, bytes_.data(), size);
    bytes_.remove_prefix(size);
    return value;
  }
  std::string_view Text() { return CutAt(bytes_, '|'); }

 private:
  std::string_view bytes_;
};

/// Puts families into a sink and remembers the samples that the page has to have.
class Writer {
 public:
  void Put(Input& in) {
    const size_t which = in.Byte() % std::size(kTable);
    const MetricDesc& desc = kTable[which];
    const std::string_view label = in.Text();
    // The second one of the same series would be left out.
    if (!seen_[which].emplace(fuzz::Repaired(label), 0).second) return;
    if (desc.type == MetricType::kHistogram) return PutHistogram(desc, label, in);
    if (desc.type == MetricType::kSummary) return PutSummary(desc, label, in);
    const double value = in.Number();
    sink_.Add(desc, value, {label});
    Expect(desc, "", label, {}, value);
  }

  Snapshot Finish() { return sink_.Finish(); }
  std::vector<Sample> wanted;

 private:
  using Label = std::pair<std::string, std::string>;

  void Expect(const MetricDesc& desc, const char* suffix, std::string_view label,
              std::optional<Label> more, double value) {
    Sample& sample = wanted.emplace_back();
    sample.name = std::string(desc.name) + suffix;
    sample.labels.emplace_back("a", fuzz::Repaired(label));
    if (more) sample.labels.push_back(*more);
    sample.value = value;
  }

  void PutHistogram(const MetricDesc& desc, std::string_view label, Input& in) {
    std::vector<SampleSink::Bucket> buckets;
    double count = 0;
    const size_t bounds = in.Byte() % 4;
    for (double bound = 0.5; buckets.size() < bounds; bound *= 4) {
      count += in.Byte();
      buckets.push_back({bound, count});
      Expect(desc, "_bucket", label, Label{"le", NumberText(bound)}, count);
    }
    const double sum = in.Number();
    sink_.AddHistogram(desc, buckets, sum, count, {label});
    Expect(desc, "_bucket", label, Label{"le", "+Inf"}, count);
    Expect(desc, "_sum", label, {}, sum);
    Expect(desc, "_count", label, {}, count);
  }

  void PutSummary(const MetricDesc& desc, std::string_view label, Input& in) {
    const double median = in.Number();
    const double sum = in.Number();
    const double count = in.Byte();
    const SampleSink::Quantile quantiles[] = {{"0.5", median}};
    sink_.AddSummary(desc, quantiles, sum, count, {label});
    Expect(desc, "", label, Label{"quantile", "0.5"}, median);
    Expect(desc, "_sum", label, {}, sum);
    Expect(desc, "_count", label, {}, count);
  }

  SampleSink sink_;
  std::map<size_t, std::map<std::string, int>> seen_;
};

void Sort(std::vector<Sample>& samples) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
    return std::tie(a.name, a.labels) < std::tie(b.name, b.labels);
  });
}

void Check(const Snapshot& snapshot, TextFormat format, const std::vector<Sample>& wanted) {
  std::string page;
  Encode(snapshot, format, page);
  const bool open = format == TextFormat::kOpenMetrics100;
  fuzz::Require(page.ends_with("# EOF\n") == open, "only OpenMetrics has an end");
  std::vector<Sample> read;
  const Result<void> done = ReadMetricsPage(page, [&](const PageSample& sample) {
    Sample& one = read.emplace_back();
    one.name = sample.name;
    for (const PageLabel& label : sample.labels)
      one.labels.emplace_back(std::string(label.name), std::string(label.value));
    one.value = sample.value;
    fuzz::Require(sample.type != MetricType::kGauge || sample.name == "fuzz_gauge",
                  "the type is that of the family");
  });
  fuzz::Require(done.has_value(), "the page can be read");
  Sort(read);
  fuzz::Require(read == wanted, "the samples read back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input in(fuzz::Text(data, size));
  Writer writer;
  constexpr size_t kMost = 200;
  while (!in.empty() && writer.wanted.size() < kMost) writer.Put(in);
  Sort(writer.wanted);
  const Snapshot snapshot = writer.Finish();
  fuzz::Require(snapshot.lines.size() == writer.wanted.size(), "no sample is lost");
  Check(snapshot, TextFormat::kPrometheus004, writer.wanted);
  Check(snapshot, TextFormat::kOpenMetrics100, writer.wanted);
  // A page of anybody: it is read or refused.
  (void)ReadMetricsPage(fuzz::Text(data, size), [](const PageSample&) {}, {.samples = 100});
  return 0;
}
