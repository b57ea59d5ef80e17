// The collector `top`: operations and their time on each collection of each node.

#include <algorithm>

#include "exporters/mongo/collectors/node_survey.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

/// Calls `visit` with each collection's name and document; all, whatever the limit.
template <class Visit>
void EachCollection(const NodeAnswers& answers, Visit visit) {
  const Result<Document> top = Document::Parse(answers.top);
  const auto totals = top ? top->Child("totals") : std::nullopt;
  bson_iter_t iter;
  if (!totals || !totals->Begin(iter)) return;
  while (bson_iter_next(&iter)) {
    // The other one is a note about the unit.
    if (!BSON_ITER_HOLDS_DOCUMENT(&iter)) continue;
    if (const auto operations = Document::At(iter))
      visit(std::string_view(bson_iter_key(&iter), bson_iter_key_len(&iter)), *operations);
  }
}

void EmitOwn(const NodeAnswers& answers, SampleSink& sink) {
  if (answers.top.empty()) return;
  size_t collections = 0;
  EachCollection(answers, [&](std::string_view, const Document&) { ++collections; });
  EmitLeftOut("top", collections - std::min(collections, answers.objects), sink);
}

void EmitTheirs(const NodeAnswers& answers, SampleSink& sink) {
  size_t told = 0;
  EachCollection(answers, [&](std::string_view name, const Document& operations) {
    if (++told > answers.objects) return;
    const auto [database, collection] = SplitNameSpace(name);
    EmitFields(operations, "top.", sink, {{"database", "collection"}, {database, collection}},
               {.depth = 2, .numbers = 100});
  });
}

}  // namespace

/// All families come from the fields.
MetricTable TopMetrics() { return {}; }

const NodeSurvey kTop = {EmitOwn, EmitTheirs};

void EmitTop(const View& view, SampleSink& sink) { EmitSurveys(view, sink, kTop); }

}  // namespace replicawatch::mongo
