// What the collectors share that tell of a node's databases, collections and operations.

#include "exporters/mongo/collectors/node_survey.h"

#include <array>

namespace replicawatch::mongo {
namespace {

constexpr std::array<MetricDesc, 1> kTable = {{
    NodeFamily("replicawatch_mongo_objects_left_out",
               "Databases, collections or operations that a collector does not tell of, for its "
               "limit's sake or for want of time.",
               "counted by the exporter", {"collector"}),
}};

}  // namespace

MetricTable LeftOutMetrics() { return kTable; }

void EmitLeftOut(std::string_view collector, size_t count, SampleSink& sink) {
  sink.Add(kTable[0], static_cast<double>(count), {collector});
}

void EmitLeftOut(std::string_view collector, const std::optional<Survey>& survey,
                 SampleSink& sink) {
  if (survey) EmitLeftOut(collector, survey->left_out, sink);
}

void EmitSurveys(const View& view, SampleSink& sink, const NodeSurvey& survey) {
  for (const WatchedNode& node : view.nodes) {
    if (!node.answered() || !node.facts->node) continue;
    sink.EnterMember(node.name);
    survey.own(*node.facts->node, sink);
    AddNodeLabels(*node.facts, sink);
    survey.theirs(*node.facts->node, sink);
  }
}

}  // namespace replicawatch::mongo
