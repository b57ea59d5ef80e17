#pragma once

#include <string_view>

#include "exporters/mongo/collectors/field_families.h"
#include "exporters/mongo/collectors/node.h"
#include "exporters/mongo/parse/listing.h"
#include "exporters/mongo/view.h"

namespace replicawatch::mongo {

/// What a collector tells of a node: its databases, collections, operations or shards. Nothing is
/// added where it was not asked.
struct NodeSurvey {
  void (*own)(const NodeAnswers& answers, SampleSink& sink);
  /// Under the names of mongodb_exporter, whose series have labels for the node's set and state
  /// too.
  void (*theirs)(const NodeAnswers& answers, SampleSink& sink);
};
extern const NodeSurvey kDbStats;
extern const NodeSurvey kCollStats;
extern const NodeSurvey kIndexStats;
extern const NodeSurvey kTop;
extern const NodeSurvey kCurrentOp;
extern const NodeSurvey kProfile;
extern const NodeSurvey kShards;

/// How many objects a collector has left out.
void EmitLeftOut(std::string_view collector, size_t count, SampleSink& sink);
void EmitLeftOut(std::string_view collector, const std::optional<Survey>& survey, SampleSink& sink);
MetricTable LeftOutMetrics();

/// Of each node that told of itself.
void EmitSurveys(const View& view, SampleSink& sink, const NodeSurvey& survey);

}  // namespace replicawatch::mongo
