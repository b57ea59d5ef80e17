// The collector `indexstats`: how often each index of each node is used, less those of admin,
// config and local.

#include <array>

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t { kOps, kBuilding, kIndexSize };

constexpr LabelNames kOfIndex = {"database", "collection", "key_name", "shard"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"mongodb_indexstats_accesses_ops", "Operations that used the index since the node's start.",
     MetricType::kUnknown, "", Scope::kNode, kOfIndex, "$indexStats accesses.ops"},
    NodeFamily("mongodb_indexstats_building", "1 while the index is being built.",
               "$indexStats building", kOfIndex),
}};

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  if (!answers.indexes) return;
  for (const NamedAnswer& answer : answers.indexes->answers) {
    EachInBatch(answer.bson, [&](const Document& index) {
      const auto name = index.Text("name");
      if (!name) return;
      const std::string shard = index.Text("shard").value_or("");
      if (const auto accesses = index.Child("accesses"))
        sink.Add(kTable[kOps], accesses->Number("ops"),
                 {answer.database, answer.collection, *name, shard});
      if (index.Has("building"))
        sink.Add(kTable[kBuilding], index.Flag("building"),
                 {answer.database, answer.collection, *name, shard});
    });
  }
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  EmitLeftOut("indexstats", answers.indexes, sink);
}

}  // namespace

MetricTable IndexStatsMetrics() { return kTable; }

const NodeSurvey kIndexStats = {EmitOwn, EmitTheirs};

void EmitIndexStats(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kIndexStats); }

}  // namespace replicawatch::mongo
