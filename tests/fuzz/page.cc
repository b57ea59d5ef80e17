// What is encoded reads back equal: label values of any bytes, any number, both formats.

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "common/base/text.h"
#include "common/metrics/encoder.h"
#include "common/metrics/sink.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

constexpr MetricDesc kDesc = {"fuzz_value", "Any \\ \n \" text.", MetricType::kGauge,
                              "",           Scope::kExporter,     {"a", "b"},
                              "here"};

/// Takes `name="value"` off the front, as Prometheus reads it.
std::string TakeLabel(std::string_view& rest, std::string_view name) {
  fuzz::Require(rest.starts_with(std::string(name) + "=\""), "a label begins with its name");
  rest.remove_prefix(name.size() + 2);
  std::string value;
  while (true) {
    fuzz::Require(!rest.empty(), "a label value ends");
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return value;
    fuzz::Require(c != '\n', "no line ends inside a label value");
    if (c != '\\') {
      value += c;
      continue;
    }
    fuzz::Require(!rest.empty(), "something is escaped");
    const char escaped = rest.front();
    rest.remove_prefix(1);
    fuzz::Require(escaped == 'n' || escaped == '\\' || escaped == '"', "a known escape");
    value += escaped == 'n' ? '\n' : escaped;
  }
}

void Check(const Snapshot& snapshot, TextFormat format, std::string_view a, std::string_view b,
           double value) {
  std::string page;
  Encode(snapshot, format, page);
  constexpr std::string_view kType = "# TYPE fuzz_value gauge\n";
  const size_t type = page.find(kType);
  fuzz::Require(type != std::string::npos, "the family has a TYPE");
  std::string_view rest = std::string_view(page).substr(type + kType.size());
  constexpr std::string_view kHead = "fuzz_value{";
  fuzz::Require(rest.starts_with(kHead), "the sample follows the TYPE");
  rest.remove_prefix(kHead.size());
  fuzz::Require(TakeLabel(rest, "a") == fuzz::Repaired(a), "the first value reads back");
  fuzz::Require(rest.starts_with(','), "labels are separated");
  rest.remove_prefix(1);
  fuzz::Require(TakeLabel(rest, "b") == fuzz::Repaired(b), "the second value reads back");
  fuzz::Require(rest.starts_with("} "), "the labels end");
  rest.remove_prefix(2);
  const std::string number(CutAt(rest, '\n'));
  const double read = std::strtod(number.c_str(), nullptr);
  fuzz::Require(std::isnan(value) ? std::isnan(read) : read == value, "the number reads back");
  fuzz::Require(rest == (format == TextFormat::kOpenMetrics100 ? "# EOF\n" : ""),
                "nothing follows");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < sizeof(double)) return 0;
  double value = 0;
  std::memcpy(&value, data, sizeof value);
  std::string_view b = fuzz::Text(data + sizeof value, size - sizeof value);
  const std::string_view a = CutAt(b, '|');
  SampleSink sink;
  sink.Add(kDesc, value, {a, b});
  const Snapshot snapshot = sink.Finish();
  Check(snapshot, TextFormat::kPrometheus004, a, b, value);
  Check(snapshot, TextFormat::kOpenMetrics100, a, b, value);
  return 0;
}
