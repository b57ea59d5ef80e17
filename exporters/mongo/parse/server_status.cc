#include "exporters/mongo/parse/server_status.h"

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {

Result<ServerStatus> ParseServerStatus(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  ServerStatus status;
  status.version = document->Text("version");
  if (const auto repl = document->Child("repl")) {
    status.rollback_id = repl->Int("rbid");
    if (const auto mode = repl->Int("userWriteBlockMode")) {
      status.user_write_block_mode = static_cast<int>(*mode);
    }
  }
  if (const auto oplog = document->Child("oplog")) {
    status.oplog_first = oplog->TimestampSeconds("earliestOptime");
    status.oplog_last = oplog->TimestampSeconds("latestOptime");
  }
  return status;
}

}  // namespace replicawatch::mongo
