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

TEST_CASE("the group of a key") {
  const auto grouper = KeyGrouper::Make({"^(session):(.)", "^(user):", "^order-[0-9]+"});
  REQUIRE(grouper);
  CHECK(grouper->GroupOf("session:a:17") == "sessiona");
  CHECK(grouper->GroupOf("user:17") == "user");
  CHECK(grouper->GroupOf("order-12-x") == "order-12");
  CHECK(grouper->GroupOf("alone") == "unclassified");
  CHECK(grouper->GroupOf("") == "unclassified");
  CHECK_FALSE(KeyGrouper::Make({"("}));
}

}  // namespace
}  // namespace replicawatch::redis
