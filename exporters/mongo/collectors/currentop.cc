// The collector `currentop`: operations that have been under way for long. One series for each kind
// and collection: one for each operation would be new ones without end.

#include <algorithm>
#include <array>
#include <span>

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t { kLongest, kCount, kLocked, kIndexSize };

constexpr LabelNames kOfGroup = {"op", "database", "collection", "ns"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    NodeFamily("mongodb_currentop_query_uptime",
               "Microseconds that the longest of these operations has been under way.",
               "currentOp microsecs_running", kOfGroup),
    NodeFamily("replicawatch_mongo_slow_operations",
               "Operations that have been under way for longer than --mongodb.slow-operation.",
               "currentOp", {"op", "database", "collection"}),
    NodeFamily("mongodb_currentop_fsync_lock_state", "1 if the node is locked by fsync.",
               "currentOp fsyncLock"),
}};

/// Those within the limit.
std::span<const OperationGroup> Shown(const std::vector<OperationGroup>& groups,
                                      const NodeAnswers& answers) {
  return std::span(groups).first(std::min(groups.size(), answers.objects));
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  const auto all = ParseOperations(answers.operations);
  if (!all) return;
  const auto shown = Shown(*all, answers);
  for (const OperationGroup& group : shown) {
    const auto [database, collection] = SplitNameSpace(group.name_space);
    sink.Add(kTable[kCount], static_cast<double>(group.count), {group.op, database, collection});
  }
  EmitLeftOut("currentop", all->size() - shown.size(), sink);
}

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  const Result<Document> answer = Document::Parse(answers.operations);
  if (!answer || !answer->Has("inprog")) return;
  sink.Add(kTable[kLocked], answer->Flag("fsyncLock"));
  const auto all = ParseOperations(answers.operations);
  if (!all) return;
  for (const OperationGroup& group : Shown(*all, answers)) {
    const auto [database, collection] = SplitNameSpace(group.name_space);
    sink.Add(kTable[kLongest], group.longest_microseconds,
             {group.op, database, collection, group.name_space});
  }
}

}  // namespace

MetricTable CurrentOpMetrics() { return kTable; }

const NodeSurvey kCurrentOp = {EmitOwn, EmitTheirs};

void EmitCurrentOp(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kCurrentOp); }

}  // namespace replicawatch::mongo
