// The collector `dbstats`: each database of each node.

#include <array>

#include "common/base/text.h"
#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

constexpr MetricDesc OfDatabase(std::string_view name, std::string_view help,
                                std::string_view source, const LabelNames& labels) {
  return {name, help, MetricType::kGauge, UnitOf(name), Scope::kNode, labels, source};
}

/// One number of dbStats under its old names: of a node, and of a mongos by shard.
struct Row {
  const char* field;
  MetricDesc of_node;
  MetricDesc of_shard;
};

constexpr LabelNames kOfNode = {"database"};
constexpr LabelNames kOfShard = {"db", "shard"};

constexpr Row kRows[] = {
    {"collections",
     OfDatabase("mongodb_mongod_db_collections_total", "Collections of the database.",
                "dbStats collections", kOfNode),
     OfDatabase("mongodb_mongos_db_collections_total", "Collections of the database on the shard.",
                "dbStats raw.collections", kOfShard)},
    {"dataSize",
     OfDatabase("mongodb_mongod_db_data_size_bytes", "Data of the database, uncompressed.",
                "dbStats dataSize", kOfNode),
     OfDatabase("mongodb_mongos_db_data_size_bytes",
                "Data of the database on the shard, uncompressed.", "dbStats raw.dataSize",
                kOfShard)},
    {"indexSize",
     OfDatabase("mongodb_mongod_db_index_size_bytes", "All indexes of the database.",
                "dbStats indexSize", kOfNode),
     OfDatabase("mongodb_mongos_db_index_size_bytes", "All indexes of the database on the shard.",
                "dbStats raw.indexSize", kOfShard)},
    {"indexes",
     OfDatabase("mongodb_mongod_db_indexes_total", "Number of indexes of the database.",
                "dbStats indexes", kOfNode),
     OfDatabase("mongodb_mongos_db_indexes_total",
                "Number of indexes of the database on the shard.", "dbStats raw.indexes",
                kOfShard)},
    {"objects",
     OfDatabase("mongodb_mongod_db_objects_total", "Documents of the database.", "dbStats objects",
                kOfNode),
     OfDatabase("mongodb_mongos_db_objects_total", "Documents of the database on the shard.",
                "dbStats raw.objects", kOfShard)},
};

/// A mongos has the answers of the shards in it: {"shard1/host:port,...": {...}}.
void EmitShards(const Document& raw, const std::string& database, SampleSink& sink) {
  bson_iter_t iter;
  if (!raw.Begin(iter)) return;
  while (bson_iter_next(&iter)) {
    const auto stats = BSON_ITER_HOLDS_DOCUMENT(&iter) ? Document::At(iter) : std::nullopt;
    if (!stats) continue;
    std::string_view name(bson_iter_key(&iter), bson_iter_key_len(&iter));
    const std::string_view shard = CutAt(name, '/');
    for (const Row& row : kRows)
      sink.Add(row.of_shard, stats->Number(row.field), {database, shard});
  }
}

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  if (!answers.databases) return;
  for (const NamedAnswer& answer : answers.databases->answers) {
    const Result<Document> stats = Document::Parse(answer.bson);
    if (!stats) continue;
    EmitFields(*stats, "dbstats.", sink, {kOfNode, {answer.database}}, {.depth = 1});
    for (const Row& row : kRows) sink.Add(row.of_node, stats->Number(row.field), {answer.database});
    if (const auto raw = stats->Child("raw")) EmitShards(*raw, answer.database, sink);
  }
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  EmitLeftOut("dbstats", answers.databases, sink);
}

}  // namespace

MetricTable DbStatsMetrics() {
  static const std::vector<MetricDesc> table = [] {
    std::vector<MetricDesc> all(LeftOutMetrics().begin(), LeftOutMetrics().end());
    for (const Row& row : kRows) all.insert(all.end(), {row.of_node, row.of_shard});
    return all;
  }();
  return table;
}

const NodeSurvey kDbStats = {EmitOwn, EmitTheirs};

void EmitDbStats(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kDbStats); }

}  // namespace replicawatch::mongo
