#include <doctest/doctest.h>
#include <zlib.h>

#include "common/base/log.h"
#include "common/base/log_folding.h"
#include "common/base/text.h"
#include "common/config/yaml.h"
#include "common/deployment/overview_metrics.h"
#include "common/metrics/encoder.h"
#include "common/metrics/lint.h"
#include "common/web/discovery.h"
#include "common/web/landing.h"
#include "common/web/router.h"

namespace replicawatch {
namespace {

HttpRequest Request(const std::string& method, const std::string& path) {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.header = [](std::string_view) { return std::string_view(); };
  return request;
}

TEST_CASE("paths are exact and methods are checked") {
  Router router;
  router.Get("/metrics", [](const HttpRequest&) { return TextResponse(200, "page"); });
  router.Post("/-/reload", [](const HttpRequest&) { return TextResponse(200, "done"); });
  CHECK(router.Handle(Request("GET", "/metrics")).status == 200);
  CHECK(router.Handle(Request("HEAD", "/metrics")).status == 200);
  CHECK(router.Handle(Request("GET", "/metrics/")).status == 404);
  CHECK(router.Handle(Request("GET", "/metricsfoo")).status == 404);
  const HttpResponse refused = router.Handle(Request("POST", "/metrics"));
  CHECK(refused.status == 405);
  REQUIRE(refused.headers.size() == 1);
  CHECK(refused.headers[0].second == "GET, HEAD");
  CHECK(router.Handle(Request("GET", "/-/reload")).headers[0].second == "POST");
}

TEST_CASE("a query is decoded, repeats are kept, broken escapes are refused") {
  HttpRequest request = Request("GET", "/metrics");
  request.query = ParseQuery("collect%5B%5D=a&collect[]=b+c&&x").value();
  CHECK(request.QueryValues("collect[]") == std::vector<std::string>{"a", "b c"});
  CHECK(request.QueryValues("x") == std::vector<std::string>{""});
  CHECK_FALSE(ParseQuery("a=%zz").has_value());
  CHECK_FALSE(ParseQuery("a=%1").has_value());
}

TEST_CASE("log lines are valid whatever a server said") {
  const std::string_view nasty = "say \"hi\"\n\x01\xff";
  CHECK(FormatLogLine(LogFormat::kLogfmt, LogLevel::kWarn, "t", "member down",
                      {{"reason", nasty}, {"code", "timeout"}}) ==
        "time=t level=warn msg=\"member down\" reason=\"say \\\"hi\\\"\\n\\u0001\xEF\xBF\xBD\" "
        "code=timeout\n");
  CHECK(FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "t", "x", {{"a\"b", nasty}}) ==
        "{\"time\":\"t\",\"level\":\"info\",\"msg\":\"x\",\"a\\\"b\":\"say "
        "\\\"hi\\\"\\n\\u0001\xEF\xBF\xBD\"}\n");
}

TEST_CASE("what is compressed is the same again") {
  std::string text = "x";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * i) + "\n";
  const auto packed = Gzip(text);
  REQUIRE(packed);
  CHECK(packed->size() < text.size());
  std::string again(text.size() + 1, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed->data()));
  stream.avail_in = static_cast<uInt>(packed->size());
  stream.next_out = reinterpret_cast<Bytef*>(again.data());
  stream.avail_out = static_cast<uInt>(again.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  again.resize(stream.total_out);
  inflateEnd(&stream);
  CHECK(again == text);
}

TEST_CASE("a log line is valid JSON, and one line, for every byte and every broken sequence") {
  std::vector<std::string> texts;
  for (int a = 0; a < 256; ++a) {
    texts.emplace_back(1, static_cast<char>(a));
    for (int b = 0; b < 256; ++b)
      texts.push_back({static_cast<char>(a), static_cast<char>(b), static_cast<char>(a)});
  }
  for (const char* text :
       {"\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\xAF", "\xE2\x80\xA8"})
    texts.emplace_back(text);
  for (const std::string& text : texts) {
    const std::string line = FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "t", text,
                                           {{"member", text}, {"reason", text}});
    REQUIRE(line.find('\n') == line.size() - 1);
    // YAML 1.2 contains JSON, so that the reader of the configuration can check it.
    const auto read = YamlValue::Parse(line, "line");
    REQUIRE(read);
    std::string wanted;
    AppendUtf8(wanted, text);
    size_t found = 0;
    const auto entries =
        read->Entries([&](const std::string& name, const YamlValue& value) -> Result<void> {
          found +=
              (name == "msg" || name == "reason" || name == "member") && *value.Text() == wanted;
          return {};
        });
    CHECK_MESSAGE(entries, line);
    CHECK_MESSAGE(found == 3, line);
    const std::string plain =
        FormatLogLine(LogFormat::kLogfmt, LogLevel::kInfo, "t", "m", {{"reason", text}});
    REQUIRE(plain.find_first_of(std::string_view("\n\r\0", 3)) == plain.size() - 1);
  }
}

TEST_CASE("a line that comes again and again is written once in a while, with its count") {
  LogFolding folding;
  const TimePoint start;
  CHECK(folding.Admit("a", start) == 0);
  CHECK_FALSE(folding.Admit("a", start + std::chrono::seconds(1)));
  CHECK(folding.Admit("b", start + std::chrono::seconds(1)) == 0);
  CHECK_FALSE(folding.Admit("a", start + std::chrono::minutes(9)));
  CHECK(folding.Admit("a", start + std::chrono::minutes(10)) == 2);
  CHECK_FALSE(folding.Admit("a", start + std::chrono::minutes(11)));
  CHECK(folding.Admit("a", start + std::chrono::minutes(20)) == 1);
}

TEST_CASE("lines that a server makes up fill no memory") {
  LogFolding folding;
  const TimePoint start;
  for (size_t i = 0; i <= LogFolding::kMost; ++i)
    CHECK(folding.Admit(std::to_string(i), start + std::chrono::milliseconds(i)) == 0);
  CHECK(folding.Admit("0", start + std::chrono::seconds(1)) == 0);  // it had to go
  CHECK_FALSE(folding.Admit("2", start + std::chrono::seconds(1)));
}

TEST_CASE("numbers make no other cause") {
  CHECK(WithoutNumbers("no answer after 2001 ms from h1:27017") ==
        "no answer after 0 ms from h0:0");
  CHECK(WithoutNumbers("") == "");
}

constexpr std::array<std::string_view, 2> kRoles = {"master", "replica"};
constexpr std::array<std::string_view, 2> kReasons = {"no_primary", "loading"};
constexpr Vocabulary kVocabulary = {"redis", kRoles, kReasons};

Overview SmallOverview() {
  Overview overview;
  overview.vocabulary = &kVocabulary;
  overview.cluster = "c";
  overview.members.push_back(
      {"h:1", true, std::nullopt, std::nullopt, {{"deployment", true, 0.5}}});
  overview.members.push_back(
      {"<h:2>", false, Error{ErrorCode::kTimeout, "no answer"}, std::nullopt, {}});
  GroupOverview group;
  group.name = "g";
  group.members.push_back({"h:1", "master", true, {}, {}, {}, {}, {}});
  group.members.push_back({"<h:2>", "", false, 3.5, {}, {}, {}, {}});
  group.writable = false;
  group.blocked_reasons = {"loading"};
  group.failures_tolerated = {{"write", -1}};
  overview.groups.push_back(group);
  return overview;
}

TEST_CASE("the common families are published, what is unknown is left out") {
  SampleSink sink;
  EmitOverview(SmallOverview(), true, sink);
  std::string page;
  Encode(sink.Finish(), TextFormat::kPrometheus004, page);
  const auto has = [&](std::string_view line) {
    return page.find(std::string(line) + "\n") != std::string::npos;
  };
  CHECK(has("replicawatch_up{service=\"redis\",cluster=\"c\"} 1"));
  CHECK(has("replicawatch_member_up{service=\"redis\",cluster=\"c\",member=\"<h:2>\"} 0"));
  CHECK(
      has("replicawatch_member_error{service=\"redis\",cluster=\"c\",member=\"<h:2>\",code="
          "\"timeout\"} 1"));
  CHECK(
      has("replicawatch_member_role{service=\"redis\",cluster=\"c\",group=\"g\",member=\"h:1\","
          "role=\"master\"} 1"));
  CHECK(
      has("replicawatch_member_role{service=\"redis\",cluster=\"c\",group=\"g\",member=\"h:1\","
          "role=\"replica\"} 0"));
  CHECK(has("replicawatch_members_expected{service=\"redis\",cluster=\"c\",group=\"g\"} 2"));
  CHECK(has("replicawatch_members_healthy{service=\"redis\",cluster=\"c\",group=\"g\"} 1"));
  CHECK(
      has("replicawatch_write_blocked{service=\"redis\",cluster=\"c\",group=\"g\",reason="
          "\"loading\"} 1"));
  CHECK(
      has("replicawatch_write_blocked{service=\"redis\",cluster=\"c\",group=\"g\",reason=\"no_"
          "primary\"} 0"));
  CHECK(
      has("replicawatch_failures_tolerated{service=\"redis\",cluster=\"c\",group=\"g\",operation="
          "\"write\"} -1"));
  CHECK(
      has("replicawatch_replication_lag_seconds{service=\"redis\",cluster=\"c\",group=\"g\",member="
          "\"<h:2>\"} 3.5"));
  CHECK(page.find("role=\"master\",member=\"<h:2>\"") == std::string::npos);
  CHECK(page.find("replicawatch_term") == std::string::npos);
  CHECK(page.find("replicawatch_primaries") == std::string::npos);
}

TEST_CASE("without the collector deployment only what says who answered is published") {
  SampleSink sink;
  EmitOverview(SmallOverview(), false, sink);
  std::string page;
  Encode(sink.Finish(), TextFormat::kPrometheus004, page);
  CHECK(page.find("replicawatch_member_up") != std::string::npos);
  CHECK(page.find("replicawatch_writable") == std::string::npos);
}

TEST_CASE("the common families follow the naming rules") {
  for (const std::string& fault : LintMetrics(OverviewMetrics())) FAIL_CHECK(fault);
}

TEST_CASE("the landing page escapes what servers say") {
  const std::string page =
      RenderLandingPage({"replicawatch-redis",
                         "1",
                         "/metrics",
                         "/probe",
                         {std::make_shared<Overview>(SmallOverview()), nullptr}});
  CHECK(page.find("&lt;h:2&gt;") != std::string::npos);
  CHECK(page.find("<h:2>") == std::string::npos);
  CHECK(page.find("down, timeout") != std::string::npos);
  CHECK(page.find("not writable") != std::string::npos);
}

TEST_CASE("discovery: one entry a member, valid JSON whatever servers say") {
  Overview overview = SmallOverview();
  overview.members.push_back(overview.members[0]);
  overview.members.back().name = "both\"\\\x01";
  for (const char* name : {"a", "b"}) {
    GroupOverview group;
    group.name = name;
    Membership member;
    member.member = overview.members.back().name;
    member.role = "sentinel";
    group.members.push_back(member);
    overview.groups.push_back(group);
  }
  const std::vector<std::shared_ptr<const Overview>> clusters = {
      nullptr, std::make_shared<Overview>(overview)};
  const std::string list = RenderDiscovery(clusters);
  CHECK(list.starts_with("[\n{\"targets\":["));
  CHECK(list.ends_with("}}\n]\n"));
  CHECK(list.find(
            "{\"targets\":[\"both\\\"\\\\\\u0001\"],\"labels\":{"
            "\"__meta_replicawatch_service\":\"redis\",\"__meta_replicawatch_cluster\":\"c\","
            "\"__meta_replicawatch_group\":\"a,b\",\"__meta_replicawatch_role\":\"sentinel\",") !=
        std::string::npos);
  CHECK(RenderDiscovery({}) == "[\n]\n");
}

}  // namespace
}  // namespace replicawatch
