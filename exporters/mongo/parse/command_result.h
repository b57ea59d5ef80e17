#pragma once

#include <string>
#include <string_view>

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {

/// Codes with which a server says something about itself instead of failing.
enum ServerCode : int {
  kUnauthorized = 13,
  kAuthenticationFailed = 18,
  kCommandNotFound = 59,
  kMaxTimeExpired = 50,
  kNoReplicationEnabled = 76,     ///< a standalone server
  kInvalidReplicaSetConfig = 93,  ///< removed from the set
  kNotYetInitialized = 94,        ///< waits for its first configuration
};

/// The part that all answers share.
struct CommandResult {
  bool ok = false;
  int code = 0;  ///< 0 when ok
  std::string message;
};

/// Errors: kParse.
Result<CommandResult> ParseCommandResult(std::string_view bson);

/// What a refusal means to the user. `logged_in` tells a missing privilege from a missing login.
Error RefusalError(std::string_view command, const CommandResult& result, bool logged_in);

}  // namespace replicawatch::mongo
