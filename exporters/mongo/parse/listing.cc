#include "exporters/mongo/parse/listing.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/text.h"

namespace replicawatch::mongo {

Result<std::vector<std::string>> ParseDatabaseNames(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  const auto databases = document->Child("databases");
  if (!databases) return Fail(ErrorCode::kParse, "listDatabases: the answer has no databases");
  std::vector<std::string> names;
  databases->EachDocument([&](const Document& database) {
    if (auto name = database.Text("name")) names.push_back(std::move(*name));
  });
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> ParseCollectionNames(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  std::vector<std::string> names;
  EachInBatch(bson, [&](const Document& collection) {
    auto name = collection.Text("name");
    if (name && collection.Text("type") != "view" && !name->starts_with("system."))
      names.push_back(std::move(*name));
  });
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<OperationGroup>> ParseOperations(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  const auto running = document->Child("inprog");
  if (!running) return Fail(ErrorCode::kParse, "currentOp: the answer has no operations");
  std::map<std::pair<std::string, std::string>, OperationGroup> groups;
  running->EachDocument([&](const Document& operation) {
    const auto op = operation.Text("op");
    const auto name_space = operation.Text("ns");
    const auto microseconds = operation.Number("microsecs_running");
    if (!op || !name_space || !microseconds) return;
    OperationGroup& group = groups[{*op, *name_space}];
    group.op = *op;
    group.name_space = *name_space;
    ++group.count;
    group.longest_microseconds = std::max(group.longest_microseconds, *microseconds);
  });
  std::vector<OperationGroup> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

NameSpace SplitNameSpace(std::string_view text) {
  const std::string_view database = CutAt(text, '.');
  return {database, text};
}

}  // namespace replicawatch::mongo
