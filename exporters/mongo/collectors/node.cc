// The collector `node`: each node by itself, as mongodb_exporter 0.2x to 0.4x publishes it with
// diagnostic data, replica-set status and configuration, and its compatible mode.

#include "exporters/mongo/collectors/node.h"

#include <array>
#include <vector>

#include "exporters/mongo/collectors/field_families.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t { kUp, kVersion, kEngine, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    NodeFamily("mongodb_up", "1 if the node answered.", "hello", {"cluster_role"}),
    NodeFamily("mongodb_version_info", "Always 1; the labels say what runs.", "buildInfo",
               {"mongodb", "edition", "vendor"}),
    NodeFamily("mongodb_mongod_storage_engine", "Always 1; the label says which engine is used.",
               "serverStatus storageEngine.name", {"engine"}),
}};

/// Kept as long as the process: snapshots point into it.
FieldFamilies& Fields() {
  static FieldFamilies families;
  return families;
}

/// Those whose path begins with `prefix`.
void EmitFields(const Document& document, SampleSink& sink, std::string_view prefix = "") {
  WalkNumbers(document, [&](const WalkedNumber& number) {
    if (!number.path.starts_with(prefix)) return;
    const MetricDesc* desc = Fields().Find(number);
    if (desc == nullptr) return;
    switch (desc->label_count()) {
      case 0:
        sink.Add(*desc, number.value);
        break;
      case 1:
        sink.Add(*desc, number.value, {number.key});
        break;
      default:
        sink.Add(*desc, number.value, {number.element, number.element_state});
    }
  });
}

/// The document in `bson`, or below `path` in it; nothing when there is none.
std::optional<Document> Read(const std::string& bson) {
  const Result<Document> document = Document::Parse(bson);
  if (bson.empty() || !document) return std::nullopt;
  return *document;
}

void EmitBuild(const std::string& bson, SampleSink& sink) {
  const auto build = Read(bson);
  if (!build) return;
  bool enterprise = false;
  if (const auto modules = build->Child("modules"))
    modules->EachText([&](const std::string& module) { enterprise |= module == "enterprise"; });
  const bool percona = build->Has("psmdbVersion");
  sink.Add(kTable[kVersion], 1,
           {build->Text("version").value_or(""), enterprise ? "Enterprise" : "Community",
            percona ? "Percona" : "MongoDB"});
}

void EmitServer(const Document& server, SampleSink& sink) {
  EmitNodeCompatible(server, sink);
  const auto engine = server.Child("storageEngine");
  if (engine && engine->Text("name")) sink.Add(kTable[kEngine], 1, {*engine->Text("name")});
}

/// serverStatus with its name around it, so that its fields get the names that they have within
/// the diagnostic data.
void EmitWholeServer(const std::string& bson, SampleSink& sink) {
  const auto server = Read(bson);
  if (!server) return;
  bson_t wrapped;
  bson_t inner;
  bson_init(&wrapped);
  if (bson_init_static(&inner, reinterpret_cast<const uint8_t*>(bson.data()), bson.size()) &&
      bson_append_document(&wrapped, "serverStatus", -1, &inner)) {
    const std::string_view bytes(reinterpret_cast<const char*>(bson_get_data(&wrapped)),
                                 wrapped.len);
    if (const auto document = Document::Parse(bytes)) EmitFields(*document, sink);
  }
  bson_destroy(&wrapped);
  EmitServer(*server, sink);
}

/// What tells the node apart in the series of mongodb_exporter.
void AddNodeLabels(const MemberFacts& facts, SampleSink& sink) {
  const bool mongos = facts.hello && facts.hello->mongos;
  sink.AddNodeLabel("cl_role", mongos ? "mongos" : "mongod");
  if (facts.config && facts.config->replica_set_id)
    sink.AddNodeLabel("cl_id", *facts.config->replica_set_id);
  if (facts.hello && facts.hello->set_name) sink.AddNodeLabel("rs_nm", *facts.hello->set_name);
  if (facts.status && facts.status->my_state)
    sink.AddNodeLabel("rs_state", std::to_string(*facts.status->my_state));
}

void EmitAnswers(const WatchedNode& node, SampleSink& sink) {
  const NodeAnswers& answers = *node.facts->node;
  AddNodeLabels(*node.facts, sink);
  EmitBuild(answers.build, sink);
  if (const auto diagnostic = Read(answers.diagnostic)) {
    if (const auto data = diagnostic->Child("data")) {
      EmitFields(*data, sink);
      if (const auto server = data->Child("serverStatus")) EmitServer(*server, sink);
    }
  }
  EmitWholeServer(answers.server, sink);
  // The same numbers as mongodb_rs_*, which PMM's dashboards ask for under both names.
  if (const auto status = Read(answers.status)) EmitFields(*status, sink);
  if (const auto config = Read(answers.config)) EmitFields(*config, sink, "config.");
  EmitNodeReplSet(node, sink);
}

void EmitOne(const WatchedNode& node, SampleSink& sink) {
  sink.Add(kTable[kUp], node.answered(), {"mongod"});
  if (node.answered() && node.facts->node) EmitAnswers(node, sink);
}

}  // namespace

MetricTable NodeMetrics() {
  static const std::vector<MetricDesc> all = [] {
    std::vector<MetricDesc> joined;
    for (const MetricTable part :
         {MetricTable(kTable), NodeCompatibleMetrics(), NodeReplSetMetrics()})
      joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return all;
}

void EmitNodeAlone(const WatchedNode& node, SampleSink& sink) { EmitOne(node, sink); }

void EmitNode(const View& view, SampleSink& sink) {
  for (const WatchedNode& node : view.nodes) {
    sink.EnterMember(node.name);
    EmitOne(node, sink);
  }
}

}  // namespace replicawatch::mongo
