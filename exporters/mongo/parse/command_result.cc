#include "exporters/mongo/parse/command_result.h"

namespace replicawatch::mongo {

Result<CommandResult> ParseCommandResult(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  CommandResult result;
  result.ok = document->Flag("ok");
  if (!result.ok) {
    result.code = static_cast<int>(document->Int("code").value_or(-1));
    result.message = document->Text("errmsg").value_or("no error message");
  }
  return result;
}

Error RefusalError(std::string_view command, const CommandResult& result, bool logged_in) {
  // "not authorized on admin to execute command { ... }" repeats the whole command.
  const std::string message = result.message.substr(0, result.message.find(" {"));
  Error error{ErrorCode::kProtocol, std::string(command) + ": " + message};
  switch (result.code) {
    case kUnauthorized:
      error.code = logged_in ? ErrorCode::kPermission : ErrorCode::kAuth;
      break;
    case kAuthenticationFailed:
      error.code = ErrorCode::kAuth;
      break;
    case kCommandNotFound:
      error.code = ErrorCode::kUnsupported;
      break;
    case kMaxTimeExpired:
      error.code = ErrorCode::kTimeout;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace replicawatch::mongo
