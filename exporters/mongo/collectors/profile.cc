// The collector `profile`: what the profiler of each node has written lately.

#include <array>

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

constexpr std::array<MetricDesc, 1> kTable = {{
    NodeFamily("mongodb_profile_slow_query_count",
               "Entries that the profiler has written within 30 seconds.",
               "count of system.profile", {"database"}),
}};

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  if (!answers.profiles) return;
  for (const NamedAnswer& answer : answers.profiles->answers) {
    if (const Result<Document> count = Document::Parse(answer.bson))
      sink.Add(kTable[0], count->Number("n"), {answer.database});
  }
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  EmitLeftOut("profile", answers.profiles, sink);
}

}  // namespace

MetricTable ProfileMetrics() { return kTable; }

const NodeSurvey kProfile = {EmitOwn, EmitTheirs};

void EmitProfile(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kProfile); }

}  // namespace replicawatch::mongo
