// Answers of a mongod: BSON of any kind.

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/parse/command_result.h"
#include "exporters/mongo/parse/details.h"
#include "exporters/mongo/parse/hello.h"
#include "exporters/mongo/parse/listing.h"
#include "exporters/mongo/parse/repl_set_config.h"
#include "exporters/mongo/parse/repl_set_status.h"
#include "exporters/mongo/parse/server_status.h"
#include "exporters/mongo/parse/walk.h"
#include "exporters/mongo/privileges.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

static void EmitSurveys(const std::string& bson) {
  mongo::NodeAnswers answers;
  answers.objects = 3;
  answers.databases = answers.collections = answers.indexes = answers.profiles =
      mongo::Survey{{{"database", "collection", bson}}, 0};
  answers.top = answers.operations = bson;
  answers.shards = {bson, bson, bson, bson, bson, bson};
  SampleSink sink;
  for (const mongo::NodeSurvey* survey :
       {&mongo::kDbStats, &mongo::kCollStats, &mongo::kIndexStats, &mongo::kTop, &mongo::kCurrentOp,
        &mongo::kProfile, &mongo::kShards}) {
    survey->own(answers, sink);
    survey->theirs(answers, sink);
  }
  sink.Finish();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bson = fuzz::Text(data, size);
  (void)mongo::ParseCommandResult(bson);
  (void)mongo::ParseHello(bson);
  (void)mongo::ParseReplSetConfig(bson);
  (void)mongo::ParseReplSetStatus(bson);
  (void)mongo::ParseServerStatus(bson);
  (void)mongo::ParseOplogStats(bson);
  (void)mongo::ParseCompatibility(bson);
  (void)mongo::ParseFsyncLock(bson);
  (void)mongo::FindMissingPrivileges(bson);
  (void)mongo::ParseDatabaseNames(bson);
  (void)mongo::ParseCollectionNames(bson);
  EmitSurveys(std::string(bson));
  if (const auto document = mongo::Document::Parse(bson)) {
    size_t numbers = 0;
    mongo::WalkNumbers(*document, [&](const mongo::WalkedNumber&) { ++numbers; });
    SampleSink sink;
    mongo::EmitNodeCompatible(*document, sink);
    sink.Finish();
  }
  return 0;
}
