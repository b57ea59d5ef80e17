#include "exporters/redis/parse/survey.h"

#include <doctest/doctest.h>

#include "exporters/redis/key_groups.h"
#include "exporters/redis/resp.h"
#include "tests/unit/testdata.h"

namespace replicawatch::redis {
namespace {

Reply Recorded(const std::string& name) {
  const Result<Reply> reply = DecodeReply(ReadTestdata("redis/7.0.15/survey/" + name + ".resp"));
  REQUIRE(reply);
  return *reply;
}

TEST_CASE("selections of keys") {
  const auto selections = ParseSelections("user:*, db3=session:*,db0=a=b,dbx=1");
  REQUIRE(selections);
  REQUIRE(selections->size() == 4);
  CHECK((*selections)[0].database == 0);
  CHECK((*selections)[0].text == "user:*");
  CHECK((*selections)[1].database == 3);
  CHECK((*selections)[1].text == "session:*");
  CHECK((*selections)[2].text == "a=b");
  CHECK((*selections)[3].text == "dbx=1");
  CHECK(ParseSelections("")->empty());
  for (const char* bad : {"db-1=x", "db3=", "db99999999=x"}) CHECK_FALSE(ParseSelections(bad));
}

TEST_CASE("a page of SCAN") {
  const auto page = ParseScan(Recorded("scan"));
  REQUIRE(page);
  CHECK(page->keys.size() == 11);
  CHECK(page->cursor == "0");
  CHECK_FALSE(ParseScan(Reply()));
}

TEST_CASE("a stream, its groups and their consumers") {
  const auto stream = ParseStream(Recorded("stream"));
  REQUIRE(stream);
  CHECK(stream->length == 2);
  CHECK(stream->entries_added == 2);
  CHECK(stream->first_entry_id == 1700000000000);
  CHECK(stream->last_entry_id == 1700000000001);
  CHECK(stream->last_generated_id == 1700000000001);
  CHECK(stream->max_deleted_entry_id == 0);
  CHECK(stream->groups == 1);
  const auto groups = ParseStreamGroups(Recorded("groups"));
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].name == "readers");
  CHECK(groups[0].pending == 1);
  CHECK(groups[0].lag == 1);
  CHECK(groups[0].last_delivered_id == 1700000000000);
  const auto consumers = ParseStreamConsumers(Recorded("consumers"));
  REQUIRE(consumers.size() == 1);
  CHECK(consumers[0].name == "first");
  CHECK(consumers[0].pending == 1);
  CHECK(consumers[0].idle_seconds.value() < 60);
  CHECK_FALSE(ParseStream(Recorded("refused")));
  CHECK(ParseStreamGroups(Recorded("refused")).empty());
}

TEST_CASE("what a script gives") {
  const ScriptResult good = ParseScript(Recorded("script"));
  CHECK(good.outcome == ScriptResult::kOk);
  CHECK(good.values == std::map<std::string, double>{{"answer", 42}});
  CHECK(ParseScript(Recorded("refused")).outcome == ScriptResult::kFailed);
  CHECK(ParseScript(Reply()).outcome == ScriptResult::kNothing);
}

TEST_CASE("answers cut anywhere") {
  for (const char* name : {"scan", "stream", "groups", "consumers", "script"}) {
    const std::string whole = ReadTestdata("redis/7.0.15/survey/" + std::string(name) + ".resp");
    for (size_t size = 0; size < whole.size(); ++size)
      CHECK_FALSE(DecodeReply(std::string_view(whole).substr(0, size)));
    Reply reply = Recorded(name);
    while (!reply.elements.empty()) {
      reply.elements.pop_back();
      ParseScan(reply);
      (void)ParseStream(reply);
      ParseStreamGroups(reply);
      ParseStreamConsumers(reply);
      ParseScript(reply);
    }
  }
}

/// What Redis 7.0's own string.find gives for the same.
TEST_CASE("Lua patterns") {
  const auto group = [](const char* pattern, const std::string& name) {
    return LuaPattern::Make(pattern).value().JoinedCaptures(name).value_or("no match");
  };
  CHECK(group("^(.*)_[^_]+$", "user_profile_17") == "user_profile");
  CHECK(group("^(%a+):%d+:(%a+)", "user:17:cart") == "usercart");
  CHECK(group("user:", "a user:1") == "");
  CHECK(group("^user:", "a user:1") == "no match");
  CHECK(group("(a-)b", "aaab") == "aaa");
  CHECK(group("(a*)a", "aaa") == "aa");
  CHECK(group("(a?)ab", "ab") == "");
  CHECK(group("([^%s:]+):", "x y:z") == "y");
  CHECK(group("([]a-c]+)", "xb]") == "b]");
  CHECK(group("(%b())", "f(a(b)c)d)") == "(a(b)c)");
  CHECK(group("%f[%w](%w+)", "--key--") == "key");
  CHECK(group("(.)%1", "abccd") == "c");
  CHECK(group("()b()", "ab") == "23");
  CHECK(group("a$b", "a$b") == "");
  CHECK(group("(%A+)$", "ab12") == "12");
  CHECK(group("(.)", std::string("\0x", 2)) == std::string(1, '\0'));
  for (const char* bad :
       {"(", ")", "(a", "a)", "[", "[^", "[]", "[%", "%", "%b", "%bx", "%f", "%1", "(%1)", "%0"})
    CHECK_FALSE_MESSAGE(LuaPattern::Make(bad).has_value(), bad);
  CHECK_FALSE(LuaPattern::Make(std::string(257, 'a')).has_value());
}

TEST_CASE("a pattern that would backtrack for ever does not match") {
  const auto pattern = LuaPattern::Make("(a*)(a*)(a*)(a*)(a*)(a*)(a*)(a*)(a*)b").value();
  CHECK_FALSE(pattern.JoinedCaptures(std::string(5000, 'a')).has_value());
  CHECK(pattern.JoinedCaptures("aab").value() == "aa");
}

TEST_CASE("the group of a key") {
  const auto grouper = KeyGrouper::Make({"^(session):(.)", "^(user):", "^order%-%d+"});
  REQUIRE(grouper);
  CHECK(grouper->GroupOf("session:a:17") == "sessiona");
  CHECK(grouper->GroupOf("user:17") == "user");
  CHECK(grouper->GroupOf("order-12-x") == "");
  CHECK(grouper->GroupOf("alone") == "unclassified");
  CHECK(grouper->GroupOf("") == "unclassified");
  CHECK_FALSE(KeyGrouper::Make({"("}));
}

TEST_CASE("the largest groups, and the others as one") {
  KeyGroupCount count;
  for (const auto& [group, bytes] :
       {std::pair{"a", 10}, {"b", 30}, {"a", 10}, {"small", 5}, {"smaller", 4}})
    count.Add(group, bytes);
  CHECK(count.Largest(4).groups.size() == 4);
  const KeyGroups two = count.Largest(2);
  CHECK(two.distinct == 4);
  REQUIRE(two.groups.size() == 3);
  CHECK(two.groups.at("a").count == 2);
  CHECK(two.groups.at("a").memory_bytes == 20);
  CHECK(two.groups.at("b").memory_bytes == 30);
  CHECK(two.groups.at("overflow").count == 2);
  CHECK(two.groups.at("overflow").memory_bytes == 9);
  count.Add("a", std::nullopt);
  CHECK_FALSE(count.Largest(4).groups.at("a").memory_bytes.has_value());
}

TEST_CASE("a group for each key does not fill the memory") {
  KeyGroupCount count;
  for (int i = 0; i < 20'000; ++i) count.Add(std::to_string(i), 1);
  const KeyGroups groups = count.Largest(100'000);
  CHECK_FALSE(groups.distinct.has_value());
  CHECK(groups.groups.size() == 10'001);
  CHECK(groups.groups.at("overflow").count == 10'000);
}

TEST_CASE("databases with keys") {
  Reply reply;
  reply.text = "# Keyspace\r\ndb0:keys=3,expires=0\r\ndb12:keys=1\r\ndbx:keys=1\r\n";
  CHECK(ParseDatabases(reply) == std::vector<int>{0, 12});
  CHECK(ParseDatabases(Recorded("refused")).empty());
}

}  // namespace
}  // namespace replicawatch::redis
