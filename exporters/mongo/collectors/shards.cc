// The collector `shards`: the sharded cluster, as a mongos or a configuration server has it.

#include <algorithm>
#include <array>

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t {
  kShardCount,
  kDraining,
  kChunks,
  kShardChunks,
  kCollections,
  kCollectionChunks,
  kDatabases,
  kBalancer,
  kChanges,
  kIndexSize,
};

constexpr MetricDesc OfCluster(std::string_view name, std::string_view help,
                               std::string_view source, const LabelNames& labels = {}) {
  return {name, help, MetricType::kGauge, "", Scope::kNode, labels, source};
}

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    OfCluster("mongodb_mongos_sharding_shards_total", "Shards of the cluster.", "config.shards"),
    OfCluster("mongodb_mongos_sharding_shards_draining_total", "Shards that are being removed.",
              "config.shards draining"),
    OfCluster("mongodb_mongos_sharding_chunks_total", "Chunks of all collections.",
              "config.chunks"),
    OfCluster("mongodb_mongos_sharding_shard_chunks_total", "Chunks on the shard.",
              "config.chunks shard", {"shard"}),
    OfCluster("mongodb_mongos_sharding_collections_total", "Collections that have chunks.",
              "config.chunks by collection"),
    OfCluster("mongodb_shards_collection_chunks_count", "Chunks of the collection on the shard.",
              "config.chunks by collection and shard", {"database", "collection", "shard"}),
    OfCluster("mongodb_mongos_sharding_databases_total",
              "Databases by whether sharding is enabled for them; up to 5.0.",
              "config.databases partitioned", {"type"}),
    OfCluster("mongodb_mongos_sharding_balancer_enabled", "0 if the balancer was stopped.",
              "config.settings balancer"),
    OfCluster("mongodb_mongos_sharding_changelog_10min_total",
              "Events of the last ten minutes by kind: splits, moves.", "config.changelog what",
              {"event"}),
}};

size_t CountBatch(std::string_view bson) {
  size_t count = 0;
  EachInBatch(bson, [&](const Document&) { ++count; });
  return count;
}

void EmitShardCounts(const ShardAnswers& answers, SampleSink& sink) {
  size_t draining = 0;
  EachInBatch(answers.shards, [&](const Document& shard) { draining += shard.Flag("draining"); });
  sink.Add(kTable[kShardCount], static_cast<double>(CountBatch(answers.shards)));
  sink.Add(kTable[kDraining], static_cast<double>(draining));
}

void EmitChunks(const ShardAnswers& answers, SampleSink& sink) {
  double chunks = 0;
  EachInBatch(answers.chunks, [&](const Document& shard) {
    const auto name = shard.Text("_id");
    const auto count = shard.Number("count");
    if (!name || !count) return;
    chunks += *count;
    sink.Add(kTable[kShardChunks], *count, {*name});
  });
  sink.Add(kTable[kChunks], chunks);
}

/// Calls `visit` with the position of the collection and its chunks on one shard.
template <class Visit>
size_t EachCollectionChunks(const NodeAnswers& answers, Visit visit) {
  std::string last;
  size_t collections = 0;
  EachInBatch(answers.shards.collections, [&](const Document& chunks) {
    const auto name = chunks.Text("ns");
    const auto shard = chunks.Text("shard");
    if (!name || !shard) return;
    // They come sorted.
    collections += *name != last;
    last = *name;
    visit(collections, *name, *shard, chunks.Number("count"));
  });
  return collections;
}

void EmitCollections(const NodeAnswers& answers, SampleSink& sink) {
  const size_t collections =
      EachCollectionChunks(answers, [&](size_t position, const std::string& name,
                                        const std::string& shard, std::optional<double> count) {
        if (position > answers.objects) return;
        const auto [database, collection] = SplitNameSpace(name);
        sink.Add(kTable[kCollectionChunks], count, {database, collection, shard});
      });
  sink.Add(kTable[kCollections], static_cast<double>(collections));
}

void EmitBalancer(const ShardAnswers& answers, SampleSink& sink) {
  bool enabled = true;  // what a cluster without this document has
  EachInBatch(answers.balancer, [&](const Document& settings) {
    enabled = !settings.Flag("stopped") && settings.Text("mode") != "off";
  });
  sink.Add(kTable[kBalancer], enabled);
}

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  const ShardAnswers& shards = answers.shards;
  if (!shards.shards.empty()) EmitShardCounts(shards, sink);
  if (!shards.chunks.empty()) EmitChunks(shards, sink);
  if (!shards.collections.empty()) EmitCollections(answers, sink);
  if (!shards.balancer.empty()) EmitBalancer(shards, sink);
  EachInBatch(shards.databases, [&](const Document& databases) {
    if (databases.Has("_id") && databases.Number("count"))
      sink.Add(kTable[kDatabases], databases.Number("count"),
               {databases.Flag("_id") ? "partitioned" : "unpartitioned"});
  });
  EachInBatch(shards.changes, [&](const Document& change) {
    const auto id = change.Child("_id");
    const auto event = id ? id->Text("event") : std::nullopt;
    if (!event) return;
    const auto note = id->Text("note");
    sink.Add(kTable[kChanges], change.Number("count"), {note ? *event + "." + *note : *event});
  });
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  if (answers.shards.collections.empty()) return;
  const size_t collections = EachCollectionChunks(
      answers, [](size_t, const std::string&, const std::string&, std::optional<double>) {});
  EmitLeftOut("shards", collections - std::min(collections, answers.objects), sink);
}

}  // namespace

MetricTable ShardMetrics() { return kTable; }

const NodeSurvey kShards = {EmitOwn, EmitTheirs};

void EmitShards(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kShards); }

}  // namespace replicawatch::mongo
