// The collector `collstats`: each collection of each node, less those of admin, config and local.

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  if (!answers.collections) return;
  for (const NamedAnswer& answer : answers.collections->answers) {
    EachInBatch(answer.bson, [&](const Document& stats) {
      // Only a mongos says which.
      const std::string shard = stats.Text("shard").value_or("");
      EmitFields(stats, "collstats.", sink,
                 {{"database", "collection", "shard"}, {answer.database, answer.collection, shard}},
                 {.depth = 4, .numbers = 500});
    });
  }
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  EmitLeftOut("collstats", answers.collections, sink);
}

}  // namespace

/// All families come from the fields.
MetricTable CollStatsMetrics() { return {}; }

const NodeSurvey kCollStats = {EmitOwn, EmitTheirs};

void EmitCollStats(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kCollStats); }

}  // namespace replicawatch::mongo
