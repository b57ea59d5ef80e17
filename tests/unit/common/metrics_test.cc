#include <doctest/doctest.h>

#include <array>
#include <clocale>
#include <limits>

#include "common/base/text.h"
#include "common/metrics/encoder.h"
#include "common/metrics/lint.h"
#include "common/metrics/negotiate.h"
#include "common/metrics/sink.h"

namespace replicawatch {
namespace {

constexpr MetricDesc kGauge = {"rw_things", "Things.", MetricType::kGauge, "", Scope::kExporter,
                               {"name"},    "test"};
constexpr MetricDesc kCounter = {"rw_bytes_total",
                                 "Say \"hi\"\\\nnow.",
                                 MetricType::kCounter,
                                 "bytes",
                                 Scope::kCluster,
                                 {},
                                 "test"};
constexpr MetricDesc kNode = {
    "rw_node_seconds", "Seconds.", MetricType::kGauge, "seconds", Scope::kNode, {"a"}, "test"};
constexpr MetricDesc kHistogram = {
    "rw_wait_seconds", "Wait.", MetricType::kHistogram, "seconds", Scope::kExporter, {}, "test"};
constexpr MetricDesc kOddCounter = {
    "rw_errors", "Errors.", MetricType::kCounter, "", Scope::kExporter, {}, "test"};

std::string Page(SampleSink& sink, TextFormat format = TextFormat::kPrometheus004) {
  std::string out;
  Encode(sink.Finish(), format, out);
  return out;
}

std::string NumberText(double value) {
  std::string out;
  AppendNumber(out, value);
  return out;
}

TEST_CASE("samples are grouped by family and sorted by labels, whatever the order they came in") {
  SampleSink sink;
  sink.EnterCluster("redis", "c");
  sink.Add(kGauge, 2, {"b"});
  sink.Add(kCounter, 5);
  sink.Add(kGauge, 1, {"a"});
  CHECK(Page(sink) ==
        "# HELP rw_bytes_total Say \"hi\"\\\\\\nnow.\n# TYPE rw_bytes_total counter\n"
        "rw_bytes_total{service=\"redis\",cluster=\"c\"} 5\n"
        "# HELP rw_things Things.\n# TYPE rw_things gauge\n"
        "rw_things{name=\"a\"} 1\nrw_things{name=\"b\"} 2\n");
}

TEST_CASE("OpenMetrics names a counter's family without _total, gives units and ends with EOF") {
  SampleSink sink;
  sink.EnterCluster("redis", "c");
  sink.Add(kCounter, 5);
  sink.Add(kOddCounter, 1);
  CHECK(
      Page(sink, TextFormat::kOpenMetrics100) ==
      "# HELP rw_bytes Say \\\"hi\\\"\\\\\\nnow.\n# TYPE rw_bytes counter\n# UNIT rw_bytes bytes\n"
      "rw_bytes_total{service=\"redis\",cluster=\"c\"} 5\n"
      "# HELP rw_errors Errors.\n# TYPE rw_errors unknown\nrw_errors 1\n# EOF\n");
}

TEST_CASE("a histogram's lines stay together and in order") {
  SampleSink sink;
  const std::array<SampleSink::Bucket, 2> buckets = {{{0.5, 1}, {10, 2}}};
  sink.AddHistogram(kHistogram, buckets, 12.5, 3);
  CHECK(
      Page(sink) ==
      "# HELP rw_wait_seconds Wait.\n# TYPE rw_wait_seconds histogram\n"
      "rw_wait_seconds_bucket{le=\"0.5\"} 1\nrw_wait_seconds_bucket{le=\"10\"} 2\n"
      "rw_wait_seconds_bucket{le=\"+Inf\"} 3\nrw_wait_seconds_sum 12.5\nrw_wait_seconds_count 3\n");
}

TEST_CASE("a summary's lines stay together and in order") {
  constexpr MetricDesc kSummary = {
      "rw_took_seconds", "Took.", MetricType::kSummary, "seconds", Scope::kExporter, {"a"}, "test"};
  SampleSink sink;
  const std::array<SampleSink::Quantile, 2> quantiles = {{{"0.9", 1}, {"0.99", 2}}};
  sink.AddSummary(kSummary, quantiles, 12.5, 3, {"y"});
  sink.AddSummary(kSummary, quantiles, 1, 1, {"x"});
  CHECK(
      Page(sink) ==
      "# HELP rw_took_seconds Took.\n# TYPE rw_took_seconds summary\n"
      "rw_took_seconds{a=\"x\",quantile=\"0.9\"} 1\nrw_took_seconds{a=\"x\",quantile=\"0.99\"} 2\n"
      "rw_took_seconds_sum{a=\"x\"} 1\nrw_took_seconds_count{a=\"x\"} 1\n"
      "rw_took_seconds{a=\"y\",quantile=\"0.9\"} 1\nrw_took_seconds{a=\"y\",quantile=\"0.99\"} 2\n"
      "rw_took_seconds_sum{a=\"y\"} 12.5\nrw_took_seconds_count{a=\"y\"} 3\n");
}

TEST_CASE("node families carry cluster and member only after EnterMember") {
  SampleSink probe;
  probe.Add(kNode, 1, {"x"});
  CHECK(Page(probe).ends_with("rw_node_seconds{a=\"x\"} 1\n"));
  SampleSink metrics;
  metrics.EnterCluster("redis", "c");
  metrics.EnterMember("h:1");
  metrics.Add(kNode, 1, {"x"});
  CHECK(Page(metrics).ends_with("rw_node_seconds{cluster=\"c\",member=\"h:1\",a=\"x\"} 1\n"));
}

TEST_CASE("two descriptors of one name are one family") {
  constexpr MetricDesc kOther = {
      "rw_wait_seconds", "Wait.", MetricType::kGauge, "", Scope::kExporter, {"a"}, "x"};
  constexpr MetricDesc kSame = {
      "rw_wait_seconds", "Wait.", MetricType::kGauge, "", Scope::kExporter, {"a"}, "y"};
  constexpr MetricDesc kNext = {
      "rw_wait_seconds_x", "Wait.", MetricType::kGauge, "", Scope::kExporter, {"a"}, "z"};
  SampleSink sink;
  sink.Add(kOther, 2, {"b"});
  sink.Add(kNext, 3, {"a"});
  sink.Add(kSame, 1, {"a"});
  CHECK(Page(sink) ==
        "# HELP rw_wait_seconds Wait.\n# TYPE rw_wait_seconds gauge\n"
        "rw_wait_seconds{a=\"a\"} 1\nrw_wait_seconds{a=\"b\"} 2\n"
        "# HELP rw_wait_seconds_x Wait.\n# TYPE rw_wait_seconds_x "
        "gauge\nrw_wait_seconds_x{a=\"a\"} 3\n");
}

TEST_CASE("a duplicate series is dropped and counted, the first stays") {
  SampleSink sink;
  sink.Add(kGauge, 1, {"a"});
  sink.Add(kGauge, 2, {"a"});
  const Snapshot snapshot = sink.Finish();
  REQUIRE(snapshot.lines.size() == 1);
  CHECK(snapshot.lines[0].value == 1);
  CHECK(snapshot.duplicates == 1);
}

TEST_CASE("rollback takes back all that came after the mark") {
  SampleSink sink;
  sink.Add(kGauge, 1, {"a"});
  const SampleSink::Mark mark = sink.Position();
  sink.Add(kGauge, 2, {"b"});
  sink.Rollback(mark);
  CHECK(Page(sink).find("name=\"b\"") == std::string::npos);
}

TEST_CASE("another sink's samples are appended whole") {
  SampleSink first;
  SampleSink second;
  first.Add(kGauge, 1, {"a"});
  second.Add(kGauge, 2, {"b"});
  first.Append(second);
  const std::string page = Page(first);
  CHECK(page.find("rw_things{name=\"a\"} 1\n") != std::string::npos);
  CHECK(page.find("rw_things{name=\"b\"} 2\n") != std::string::npos);
}

TEST_CASE("a page never grows beyond its limit") {
  SampleSink sink(1);
  sink.Add(kGauge, 1, {"a"});
  sink.Add(kGauge, 2, {"b"});
  const Snapshot snapshot = sink.Finish();
  CHECK(snapshot.lines.size() == 1);
  CHECK(snapshot.over_limit == 1);
}

TEST_CASE("an unknown value is left out") {
  SampleSink sink;
  sink.Add(kGauge, std::optional<double>(), {"a"});
  CHECK(sink.Finish().lines.empty());
}

TEST_CASE("label values are escaped and always valid UTF-8") {
  std::string out;
  AppendLabelValue(out, "a\"b\\c\nd\xff\xc3\xa9\xed\xa0\x80");
  CHECK(out == "a\\\"b\\\\c\\nd\xEF\xBF\xBD\xc3\xa9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("numbers are in their shortest exact form, in any locale") {
  const char* before = std::setlocale(LC_ALL, nullptr);
  const std::string saved = before;
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  CHECK(NumberText(0.1 + 0.2) == "0.30000000000000004");
  CHECK(NumberText(1764000000) == "1764000000");
  CHECK(NumberText(1764000000.125) == "1764000000.125");
  CHECK(NumberText(-1) == "-1");
  CHECK(NumberText(1e300) == "1e+300");
  CHECK(NumberText(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(NumberText(-std::numeric_limits<double>::infinity()) == "-Inf");
  std::setlocale(LC_ALL, saved.c_str());
}

TEST_CASE("the format follows the Accept header") {
  // What Prometheus 2.42 sends.
  CHECK(NegotiateFormat("application/openmetrics-text;version=1.0.0,application/"
                        "openmetrics-text;version=0.0.1;q=0.75,"
                        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == TextFormat::kOpenMetrics100);
  CHECK(NegotiateFormat("") == TextFormat::kPrometheus004);
  CHECK(NegotiateFormat("*/*") == TextFormat::kPrometheus004);
  CHECK(NegotiateFormat("application/openmetrics-text;q=0") == TextFormat::kPrometheus004);
  CHECK(NegotiateFormat("application/openmetrics-text;q=0.2,text/plain;q=0.9") ==
        TextFormat::kPrometheus004);
  CHECK(NegotiateFormat("application/openmetrics-text; version=2.0.0") ==
        TextFormat::kPrometheus004);
}

TEST_CASE("gzip only for those who take it") {
  CHECK(AcceptsGzip("gzip"));
  CHECK(AcceptsGzip("deflate, gzip;q=0.5"));
  CHECK(AcceptsGzip("*"));
  CHECK_FALSE(AcceptsGzip(""));
  CHECK_FALSE(AcceptsGzip("gzip;q=0"));
  CHECK_FALSE(AcceptsGzip("gzip;q=0, *"));
}

TEST_CASE("the lint finds what breaks the naming rules") {
  constexpr std::array<MetricDesc, 3> kBad = {{
      {"rw_lag_ms",
       "No sentence",
       MetricType::kCounter,
       "seconds",
       Scope::kCluster,
       {"cluster"},
       ""},
      {"rw_things_total", "Things.", MetricType::kGauge, "", Scope::kExporter, {"a", "a"}, "test"},
      {"rw_things_total", "Things.", MetricType::kGauge, "", Scope::kExporter, {"type"}, "test"},
  }};
  CHECK(LintMetrics(kBad).size() >= 9);
  constexpr std::array<MetricDesc, 1> kGood = {kGauge};
  CHECK(LintMetrics(kGood).empty());
}

}  // namespace
}  // namespace replicawatch
