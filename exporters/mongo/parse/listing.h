#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {

/// Names of the answer to `listDatabases`, in order. Errors: kParse.
Result<std::vector<std::string>> ParseDatabaseNames(std::string_view bson);

/// Names of the answer to `listCollections`, in order, less views and the system's own. Errors:
/// kParse.
Result<std::vector<std::string>> ParseCollectionNames(std::string_view bson);

/// Calls `visit` with each document of the batch that commands with a cursor answer; with none when
/// there is no such answer.
template <class Visit>
void EachInBatch(std::string_view bson, Visit visit) {
  const Result<Document> document = Document::Parse(bson);
  const auto cursor = document ? document->Child("cursor") : std::nullopt;
  if (const auto batch = cursor ? cursor->Child("firstBatch") : std::nullopt)
    batch->EachDocument(visit);
}

/// Operations of one kind on one collection that are under way.
struct OperationGroup {
  std::string op;          ///< "query"
  std::string name_space;  ///< "shop.orders"
  size_t count = 0;
  double longest_microseconds = 0;
};

/// The answer to `currentOp`, grouped, in order. Errors: kParse.
Result<std::vector<OperationGroup>> ParseOperations(std::string_view bson);

struct NameSpace {
  std::string_view database;
  std::string_view collection;  ///< empty when there is none
};
/// "shop.orders.old": database shop, collection orders.old.
NameSpace SplitNameSpace(std::string_view text);

}  // namespace replicawatch::mongo
