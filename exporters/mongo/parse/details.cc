#include "exporters/mongo/parse/details.h"

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {

Result<OplogStats> ParseOplogStats(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  return OplogStats{document->Number("size"), document->Number("maxSize")};
}

Result<Compatibility> ParseCompatibility(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  const auto parameter = document->Child("featureCompatibilityVersion");
  if (!parameter || !parameter->Text("version"))
    return Fail(ErrorCode::kParse, "getParameter: the answer has no version");
  return Compatibility{*parameter->Text("version"), parameter->Has("targetVersion")};
}

Result<bool> ParseFsyncLock(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  return document->Flag("fsyncLock");
}

}  // namespace replicawatch::mongo
