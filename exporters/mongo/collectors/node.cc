// The collector `node`: each node by itself, as mongodb_exporter 0.2x to 0.4x publishes it with
// diagnostic data, replica-set status and configuration, and its compatible mode.

#include "exporters/mongo/collectors/node.h"

#include <array>
#include <vector>

#include "common/base/text.h"
#include "exporters/mongo/collectors/field_families.h"
#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t { kUp, kVersion, kEngine, kCompatibility, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    NodeFamily("mongodb_up", "1 if the node answered.", "hello", {"cluster_role"}),
    NodeFamily("mongodb_version_info", "Always 1; the labels say what runs.", "buildInfo",
               {"mongodb", "edition", "vendor"}),
    NodeFamily("mongodb_mongod_storage_engine", "Always 1; the label says which engine is used.",
               "serverStatus storageEngine.name", {"engine"}),
    NodeFamily("mongodb_fcv_feature_compatibility_version",
               "Version whose features may be used, as a number.",
               "getParameter featureCompatibilityVersion", {"version"}),
}};

/// Nothing when the question was not answered.
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

void EmitCompatibility(const std::string& version, SampleSink& sink) {
  if (const auto number = ParseDouble(version))
    sink.Add(kTable[kCompatibility], *number, {version});
}

void EmitServer(const Document& server, SampleSink& sink) {
  EmitNodeCompatible(server, sink);
  const auto engine = server.Child("storageEngine");
  if (engine && engine->Text("name")) sink.Add(kTable[kEngine], 1, {*engine->Text("name")});
}

/// What the server recorded. Since 8.0 it has its parts by role: {common: {...}, shard: {...}}.
void EmitDiagnostic(const Document& data, SampleSink& sink) {
  if (data.Has("serverStatus")) {
    EmitFields(data, "", sink);
    if (const auto server = data.Child("serverStatus")) EmitServer(*server, sink);
    return;
  }
  bson_iter_t iter;
  if (!data.Begin(iter)) return;
  while (bson_iter_next(&iter)) {
    const auto part = BSON_ITER_HOLDS_DOCUMENT(&iter) ? Document::At(iter) : std::nullopt;
    if (!part) continue;
    EmitFields(*part, "", sink);
    if (const auto server = part->Child("serverStatus")) EmitServer(*server, sink);
  }
}

/// The same out of single answers, where the recorded ones are refused.
void EmitWithoutDiagnostic(const NodeAnswers& answers, SampleSink& sink) {
  if (const auto server = Read(answers.server)) {
    EmitFields(*server, "serverStatus.", sink);
    EmitServer(*server, sink);
  }
  if (const auto status = Read(answers.status)) EmitFields(*status, "replSetGetStatus.", sink);
  if (const auto oplog = Read(answers.oplog)) EmitFields(*oplog, "local.oplog.rs.stats.", sink);
}

std::string_view RoleOf(const MemberFacts& facts) {
  return facts.hello && facts.hello->mongos ? "mongos" : "mongod";
}

void EmitAnswers(const WatchedNode& node, SampleSink& sink) {
  const NodeAnswers& answers = *node.facts->node;
  AddNodeLabels(*node.facts, sink);
  EmitBuild(answers.build, sink);
  const auto diagnostic = Read(answers.diagnostic);
  const auto data = diagnostic ? diagnostic->Child("data") : std::nullopt;
  if (data) {
    EmitDiagnostic(*data, sink);
  } else {
    EmitWithoutDiagnostic(answers, sink);
  }
  // The same numbers as mongodb_rs_*, which PMM's dashboards ask for under both names.
  if (const auto status = Read(answers.status)) EmitFields(*status, "", sink);
  if (const auto answer = Read(answers.config)) {
    if (const auto config = answer->Child("config")) EmitFields(*config, "replSetGetConfig.", sink);
  }
  if (node.facts->compatibility) EmitCompatibility(node.facts->compatibility->version, sink);
  EmitNodeReplSet(node, sink);
}

void EmitOne(const WatchedNode& node, SampleSink& sink) {
  sink.Add(kTable[kUp], node.answered(), {RoleOf(*node.facts)});
  if (node.answered() && node.facts->node) EmitAnswers(node, sink);
}

}  // namespace

void AddNodeLabels(const MemberFacts& facts, SampleSink& sink) {
  const bool config_server = facts.hello && facts.hello->config_server;
  sink.AddNodeLabel("cl_role", config_server ? "configsvr" : RoleOf(facts));
  if (facts.config && facts.config->replica_set_id)
    sink.AddNodeLabel("cl_id", *facts.config->replica_set_id);
  if (facts.hello && facts.hello->set_name) sink.AddNodeLabel("rs_nm", *facts.hello->set_name);
  if (facts.status && facts.status->my_state)
    sink.AddNodeLabel("rs_state", std::to_string(*facts.status->my_state));
}

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

void EmitNodeAlone(const WatchedNode& node, SampleSink& sink) {
  const NodeSurvey* surveys[] = {&kDbStats,   &kCollStats, &kIndexStats, &kTop,
                                 &kCurrentOp, &kProfile,   &kShards};
  const bool told = node.answered() && node.facts->node;
  for (const NodeSurvey* survey : surveys)
    if (told) survey->own(*node.facts->node, sink);
  EmitOne(node, sink);
  for (const NodeSurvey* survey : surveys)
    if (told) survey->theirs(*node.facts->node, sink);
}

void EmitNode(const View& view, SampleSink& sink) {
  for (const WatchedNode& node : view.nodes) {
    sink.EnterMember(node.name);
    EmitOne(node, sink);
  }
}

}  // namespace replicawatch::mongo
