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
  if (const auto metrics = document->Child("metrics")) {
    const auto repl = metrics->Child("repl");
    const auto transition = repl ? repl->Child("stateTransition") : std::nullopt;
    if (transition) status.last_transition = transition->Text("lastStateTransition");
    if (status.last_transition == "") status.last_transition.reset();
  }
  if (const auto oplog = document->Child("oplog")) {
    status.oplog_first = oplog->TimestampSeconds("earliestOptime");
    status.oplog_last = oplog->TimestampSeconds("latestOptime");
  }
  if (const auto defaults = document->Child("defaultRWConcern")) {
    const auto concern = defaults->Child("defaultWriteConcern");
    status.default_majority = concern && concern->Text("w") == "majority";
  }
  status.readings = ReadNumbers(*document);
  status.elections = ReadElections(*document);
  return status;
}

}  // namespace replicawatch::mongo
