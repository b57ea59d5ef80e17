// What a node tells of its databases, collections and operations.

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/parse/listing.h"
#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

std::string Recorded(const std::string& command) {
  return ReadTestdata("mongo/6.0.5/surveys/27131." + command + ".bson");
}

NodeAnswers AllAnswers() {
  NodeAnswers answers;
  answers.objects = 200;
  answers.databases = Survey{{{"shop", "", Recorded("dbStats")}}, 0};
  answers.collections = Survey{{{"shop", "c.old", Recorded("aggregate-collStats")}}, 3};
  answers.indexes = Survey{{{"shop", "c.old", Recorded("aggregate-indexStats")}}, 0};
  answers.profiles = Survey{{{"shop", "", Recorded("count")}}, 0};
  answers.top = Recorded("top");
  answers.operations = Recorded("currentOp");
  return answers;
}

constexpr const NodeSurvey* kAll[] = {&kDbStats,   &kCollStats, &kIndexStats, &kTop,
                                      &kCurrentOp, &kProfile,   &kShards};

std::map<std::string, double> Emitted(const NodeAnswers& answers) {
  SampleSink sink;
  for (const NodeSurvey* survey : kAll) {
    survey->own(answers, sink);
    survey->theirs(answers, sink);
  }
  std::map<std::string, double> values;
  const Snapshot page = sink.Finish();
  CHECK(page.duplicates == 0);
  for (const Line& line : page.lines)
    values[std::string(line.desc->name) + "{" + std::string(page.Labels(line)) + "}"] = line.value;
  return values;
}

TEST_CASE("lists of databases and collections") {
  const auto databases = ParseDatabaseNames(Recorded("listDatabases"));
  CHECK(*databases == std::vector<std::string>{"admin", "config", "local", "shop"});
  // The view `seen` and the list of views are none.
  const auto collections = ParseCollectionNames(Recorded("listCollections"));
  CHECK(*collections == std::vector<std::string>{"a", "b", "c.old"});
}

TEST_CASE("operations are told of by kind and collection") {
  const auto groups = ParseOperations(Recorded("currentOp"));
  REQUIRE(groups->size() == 1);
  CHECK(groups->front().op == "query");
  CHECK(groups->front().name_space == "shop.a");
  CHECK(groups->front().count == 1);
  CHECK(groups->front().longest_microseconds > 0);
}

TEST_CASE("a name space has one database, and the rest is the collection") {
  CHECK(SplitNameSpace("shop.c.old").database == "shop");
  CHECK(SplitNameSpace("shop.c.old").collection == "c.old");
  CHECK(SplitNameSpace("shop").collection.empty());
}

TEST_CASE("the names and labels are those of mongodb_exporter") {
  const auto values = Emitted(AllAnswers());
  CHECK(values.at(R"(mongodb_dbstats_objects{database="shop"})") == 10);
  CHECK(values.at(R"(mongodb_mongod_db_collections_total{database="shop"})") == 4);
  const std::string of_collection = R"(database="shop",collection="c.old")";
  CHECK(values.at("mongodb_collstats_storageStats_count{" + of_collection + R"(,shard=""})") == 3);
  CHECK(values.contains("mongodb_collstats_latencyStats_reads_ops{" + of_collection +
                        R"(,shard=""})"));
  // An index's name with a dot in it.
  CHECK(values.contains("mongodb_collstats_storageStats_indexSizes{" + of_collection +
                        R"(,shard="",index_name="x.y_-1"})"));
  CHECK(values.at("mongodb_indexstats_accesses_ops{" + of_collection +
                  R"(,key_name="x.y_-1",shard=""})") == 1);
  CHECK(values.at("mongodb_top_insert_count{" + of_collection + "}") == 1);
  CHECK(values.at(R"(mongodb_profile_slow_query_count{database="shop"})") == 0);
  CHECK(values.contains(
      R"(mongodb_currentop_query_uptime{op="query",database="shop",collection="a",ns="shop.a"})"));
  CHECK(values.at(
            R"(replicawatch_mongo_slow_operations{op="query",database="shop",collection="a"})") ==
        1);
  CHECK(values.at(R"(replicawatch_mongo_objects_left_out{collector="collstats"})") == 3);
  CHECK(values.at(R"(replicawatch_mongo_objects_left_out{collector="top"})") == 0);
}

TEST_CASE("a limit leaves out, and says how much") {
  NodeAnswers answers = AllAnswers();
  answers.objects = 2;
  const auto values = Emitted(answers);
  size_t collections = 0;
  for (const auto& [series, value] : values)
    collections += series.starts_with("mongodb_top_total_count{");
  CHECK(collections == 2);
  CHECK(values.at(R"(replicawatch_mongo_objects_left_out{collector="top"})") > 5);
  answers.objects = 0;
  CHECK(Emitted(answers).at(R"(replicawatch_mongo_objects_left_out{collector="currentop"})") == 1);
}

TEST_CASE("what was not asked is not told of") { CHECK(Emitted(NodeAnswers()).empty()); }

TEST_CASE("a mongos has each database's numbers by shard, and their names make no families") {
  bson_t* answer = BCON_NEW("db", "shop", "objects", BCON_INT32(7), "raw", "{", "s1/h:1,i:2", "{",
                            "objects", BCON_INT32(3), "}", "s2", "{", "objects", BCON_INT32(4), "}",
                            "}", "ok", BCON_INT32(1));
  NodeAnswers answers;
  answers.databases =
      Survey{{{"shop", "",
               std::string(reinterpret_cast<const char*>(bson_get_data(answer)), answer->len)}},
             0};
  bson_destroy(answer);
  const auto values = Emitted(answers);
  CHECK(values.at(R"(mongodb_mongos_db_objects_total{db="shop",shard="s1"})") == 3);
  CHECK(values.at(R"(mongodb_mongos_db_objects_total{db="shop",shard="s2"})") == 4);
  CHECK(values.at(R"(mongodb_dbstats_objects{database="shop"})") == 7);
  for (const auto& [series, value] : values) CHECK(series.find("_raw_") == std::string::npos);
}

TEST_CASE("broken answers of any kind are safe") {
  for (const char* command : {"listDatabases", "listCollections", "currentOp", "dbStats", "top",
                              "aggregate-collStats", "aggregate-indexStats", "count"}) {
    const std::string whole = Recorded(command);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      (void)ParseDatabaseNames(cut);
      (void)ParseCollectionNames(cut);
      (void)ParseOperations(cut);
      NodeAnswers answers;
      answers.objects = 5;
      answers.databases = answers.collections = answers.indexes = answers.profiles =
          Survey{{{"d", "c", cut}}, 0};
      answers.top = answers.operations = cut;
      answers.shards = {cut, cut, cut, cut, cut, cut};
      Emitted(answers);
    }
  }
}

}  // namespace
}  // namespace replicawatch::mongo
