#include <doctest/doctest.h>

#include <map>
#include <set>

#include "common/metrics/encoder.h"
#include "common/metrics/page_reader.h"
#include "exporters/minio/collectors/native_families.h"
#include "exporters/minio/collectors/table.h"
#include "exporters/minio/metrics_token.h"
#include "tests/unit/minio/recorded.h"

namespace replicawatch::minio {
namespace {

struct Read {
  std::vector<std::string> lines;  // name{label=value} value type
  Result<void> result;
};

Read ReadAll(std::string_view text, const PageLimits& limits = {}) {
  Read read;
  read.result = ReadMetricsPage(
      text,
      [&](const PageSample& sample) {
        std::string line(sample.name);
        for (const PageLabel& label : sample.labels)
          line += "," + std::string(label.name) + "=" + std::string(label.value);
        line += " " + std::to_string(sample.value) + " " + std::string(MetricTypeName(sample.type));
        read.lines.push_back(line + (sample.help.empty() ? "" : " " + std::string(sample.help)));
      },
      limits);
  return read;
}

std::set<std::string> FamiliesOf(const std::string& text) {
  std::set<std::string> names;
  REQUIRE(ReadMetricsPage(
      text, [&](const PageSample& sample) { names.insert(std::string(sample.name)); }));
  return names;
}

std::shared_ptr<const std::string> Recorded(const std::string& page) {
  return std::make_shared<const std::string>(ReadRecorded("4x1-healthy/" + page + ".prom"));
}

/// What the collector makes of these pages.
Snapshot Relay(const NativeView& native) {
  View view;
  view.native = std::make_shared<const NativeView>(native);
  SampleSink sink;
  sink.EnterCluster("minio", "c");
  EmitNative(view, sink);
  return sink.Finish();
}

std::string Encoded(const Snapshot& snapshot) {
  std::string text;
  Encode(snapshot, TextFormat::kPrometheus004, text);
  return text;
}

TEST_CASE("metrics page: escapes, spaces, time stamps, types and what is none") {
  const Read read = ReadAll(
      "# HELP a Text \\\\ with\n# TYPE a counter\n"
      "a{x=\"q\\\"b\\\\n\\nl\",y=\"\",} 1e3\n"
      "  \n#\n# a comment\n"
      "b { x = \"1\" }\t-Inf 1700000000000\nb +Inf\nb NaN\n"
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 2\nh{quantile=\"0.5\"} 3\n");
  REQUIRE(read.result);
  REQUIRE(read.lines.size() == 7);
  CHECK(read.lines[0] == "a,x=q\"b\\n\nl,y= 1000.000000 counter Text \\\\ with");
  CHECK(read.lines[1] == "b,x=1 -inf untyped");
  CHECK(read.lines[2] == "b inf untyped");
  CHECK(read.lines[4] == "h_bucket,le=1 1.000000 untyped");
  CHECK(read.lines[6] == "h,quantile=0.5 3.000000 untyped");
}

TEST_CASE("metrics page: what Prometheus would refuse is refused") {
  for (const char* text : {"a",
                           "a 1",
                           "a\n",
                           "a x\n",
                           "a 1 x\n",
                           "a 1 2 3\n",
                           "1a 1\n",
                           "a{ 1\n",
                           "a{x} 1\n",
                           "a{x=1} 1\n",
                           "a{x=\"1} 1\n",
                           "a{x=\"1\\\"} 1\n",
                           "a{x=\"1\" y=\"2\"} 1\n",
                           "a{x=\"1\",x=\"2\"} 1\n",
                           "a{1x=\"1\"} 1\n",
                           "a{x:y=\"1\"} 1\n",
                           "a{,} 1\n",
                           "a} 1\n",
                           "<html>\n",
                           "a +-1\n",
                           "a 0x10\n"}) {
    CAPTURE(text);
    const Read read = ReadAll(text);
    REQUIRE_FALSE(read.result);
    CHECK(read.result.error().code == ErrorCode::kParse);
  }
  CHECK(ReadAll("").result);
  CHECK(ReadAll("a 1\na 1\na 1\n", {.samples = 2}).result.error().code == ErrorCode::kLimit);
  CHECK(ReadAll("a{a=\"\",b=\"\"} 1\n", {.labels = 1}).result.error().code == ErrorCode::kLimit);
}

TEST_CASE("metrics page: recorded pages, whole, cut and broken at every byte") {
  for (const std::string name : {"node", "cluster", "bucket"}) {
    CAPTURE(name);
    const std::string page = *Recorded(name);
    CHECK(ReadAll(page).lines.size() > 200);
  }
  // A part is enough: each line is read like the others.
  const std::string page = Recorded("node")->substr(0, 12'000);
  constexpr std::string_view kBytes("\0\"}\xff{=", 6);
  for (size_t i = 0; i < page.size(); ++i) {
    const Result<void> cut = ReadMetricsPage(page.substr(0, i), [](const PageSample&) {});
    if (i > 0 && page[i - 1] != '\n') CHECK_FALSE(cut);
    std::string broken = page;
    broken[i] = kBytes[i % kBytes.size()];
    (void)ReadMetricsPage(
        broken, [](const PageSample& sample) { CHECK(sample.labels.size() <= kMaxLabels); });
  }
}

TEST_CASE("native: every family of MinIO comes from the pages of the nodes or from the cluster's") {
  NativeView native;
  native.nodes = {{"n1:9000", Recorded("node")}, {"n2:9000", Recorded("node")}};
  native.pages = {{"cluster", Recorded("cluster"), 1.0}, {"bucket", Recorded("bucket"), 2.0}};
  const Snapshot snapshot = Relay(native);
  CHECK(snapshot.duplicates == 0);
  std::map<std::string, std::set<bool>> has_member;
  for (const Line& line : snapshot.lines) {
    const std::string name(line.desc->name);
    CHECK((name.starts_with("minio_") || name.starts_with("replicawatch_minio_native_")));
    has_member[name].insert(snapshot.Labels(line).find("member=\"n") != std::string_view::npos);
  }
  const std::set<std::string> of_node = FamiliesOf(*Recorded("node"));
  std::set<std::string> all = of_node;
  for (const char* page : {"cluster", "bucket"}) all.merge(FamiliesOf(*Recorded(page)));
  for (const std::string& name : all) {
    CAPTURE(name);
    if (!name.starts_with("minio_")) {
      CHECK_FALSE(has_member.contains(name));
      continue;
    }
    REQUIRE(has_member.contains(name));
    CHECK(has_member[name].size() == 1);
    const bool from_nodes = of_node.contains(name) && !name.starts_with("minio_cluster_");
    CHECK(*has_member[name].begin() == from_nodes);
  }
}

TEST_CASE("native: what the pages say arrives as it was") {
  const std::string page =
      "# HELP minio_x_seconds Help \\\\ and \\n\xff.\n# TYPE minio_x_seconds counter\n"
      "minio_x_seconds{server=\"a\\\"b\\\\c\\n\",le=\"0.5\"} 0.25\n"
      "# TYPE minio_h histogram\nminio_h_bucket{le=\"+Inf\"} 1\nminio_h_sum 1\nminio_h_count 1\n"
      "go_goroutines 1\nprocess_x 1\nminio_cluster_nodes_online_total 4\n"
      "minio_y{member=\"m\",cluster=\"k\"} 1\nminio_z{member=\"m\",exported_member=\"k\"} 1\n"
      "minio_z{__name__=\"m\"} 1\n";
  NativeView native;
  native.nodes = {{"n1:9000", std::make_shared<const std::string>(page)}};
  CHECK(
      Encoded(Relay(native)) ==
      "# HELP minio_h_bucket Not described by the server.\n# TYPE minio_h_bucket untyped\n"
      "minio_h_bucket{cluster=\"c\",member=\"n1:9000\",le=\"+Inf\"} 1\n"
      "# HELP minio_h_count Not described by the server.\n# TYPE minio_h_count untyped\n"
      "minio_h_count{cluster=\"c\",member=\"n1:9000\"} 1\n"
      "# HELP minio_h_sum Not described by the server.\n# TYPE minio_h_sum untyped\n"
      "minio_h_sum{cluster=\"c\",member=\"n1:9000\"} 1\n"
      "# HELP minio_x_seconds Help \\\\ and \\n\xEF\xBF\xBD.\n# TYPE minio_x_seconds counter\n"
      "minio_x_seconds{cluster=\"c\",member=\"n1:9000\",server=\"a\\\"b\\\\c\\n\",le=\"0.5\"} "
      "0.25\n"
      "# HELP minio_y Not described by the server.\n# TYPE minio_y untyped\n"
      "minio_y{cluster=\"c\",member=\"n1:9000\",exported_member=\"m\",exported_cluster=\"k\"} 1\n"
      "# HELP replicawatch_minio_native_success 1 if the node's own metrics page came in time and "
      "could be read; it stands on this page.\n"
      "# TYPE replicawatch_minio_native_success gauge\n"
      "replicawatch_minio_native_success{cluster=\"c\",member=\"n1:9000\"} 1\n");
}

TEST_CASE("native: a page that can't be read is left out whole, the others are there") {
  NativeView native;
  native.nodes = {{"n1:9000", std::make_shared<const std::string>("minio_a 1\nminio_b\n")},
                  {"n2:9000", std::make_shared<const std::string>("minio_a 2\n")},
                  {"n3:9000", nullptr}};
  native.pages = {{"cluster", std::make_shared<const std::string>("minio_cluster_x 1\n}"), 1.0},
                  {"bucket", nullptr, {}}};
  const std::string text = Encoded(Relay(native));
  CHECK(text.find("minio_a{cluster=\"c\",member=\"n1:9000\"}") == std::string::npos);
  CHECK(text.find("minio_a{cluster=\"c\",member=\"n2:9000\"} 2\n") != std::string::npos);
  CHECK(text.find("success{cluster=\"c\",member=\"n1:9000\"} 0\n") != std::string::npos);
  CHECK(text.find("success{cluster=\"c\",member=\"n3:9000\"} 0\n") != std::string::npos);
  CHECK(text.find("minio_cluster_x") == std::string::npos);
  CHECK(text.find("page_age") == std::string::npos);
}

TEST_CASE("native: families are bounded") {
  NativeFamilies families;
  std::string name;
  size_t made = 0;
  for (size_t i = 0; i < NativeFamilies::kMost + 100; ++i) {
    name = "minio_" + std::to_string(i);
    made += families.Find({.name = name}, Scope::kNode) != nullptr;
  }
  CHECK(made == NativeFamilies::kMost);
  CHECK(families.Find({.name = "minio_1"}, Scope::kNode) != nullptr);
}

TEST_CASE("metrics token: claims and signature as another implementation makes them") {
  const S3Key key{"access\"key", Secret("hush"), ""};
  CHECK(MakeMetricsToken(key, 1'800'000'000).Reveal() ==
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE4MDAwMDAwMDAsImlzcyI6InByb21ldGh"
        "ldXMiLCJzdWIiOiJhY2Nlc3NcImtleSJ9.tue0U0k3L00ifr3-KN-KW21_S6IjCzQnUuvMcYe92CLPdH"
        "TXmdmYCIZ17-pTF7QrG7YoFATJzhfD4SiEkwzq-g");
}

}  // namespace
}  // namespace replicawatch::minio
