#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "exporters/mongo/parse/details.h"
#include "exporters/mongo/parse/hello.h"
#include "exporters/mongo/parse/repl_set_config.h"
#include "exporters/mongo/parse/repl_set_status.h"
#include "exporters/mongo/parse/server_status.h"

namespace replicawatch::mongo {

/// Whether a member is asked only what the set needs, or all that concerns itself as well, which is
/// far more.
enum class Extent { kSet, kNode };

/// Raw answers of one node about itself, BSON that was checked; empty where it did not answer.
struct NodeAnswers {
  std::string diagnostic;  ///< getDiagnosticData: what the server itself recorded within a second
  std::string server;      ///< serverStatus, whole, where getDiagnosticData is refused
  std::string status;      ///< replSetGetStatus
  std::string oplog;       ///< collStats of local.oplog.rs, where that is as well
  std::string config;      ///< replSetGetConfig
  std::string build;       ///< buildInfo
};

/// What one member last told, and how the asking went. A value; what it points to is immutable.
struct MemberFacts {
  bool answered = false;       ///< the last round brought an answer to hello
  std::optional<Error> error;  ///< the last round's first failure, whether or not it answered

  /// Of the last answer to hello, also when the member is silent now.
  std::shared_ptr<const Hello> hello;
  TimePoint hello_asked_at;
  TimePoint hello_at;  ///< when the answer came
  /// When the first answer came in which it claimed to be the primary of this term.
  TimePoint claimed_at;
  std::optional<double> clock_skew_seconds;

  /// Of the last round with Extent::kNode.
  std::shared_ptr<const NodeAnswers> node;

  // Of the last full round, null when the question failed or was not asked.
  std::shared_ptr<const ReplSetStatus> status;
  TimePoint status_asked_at;
  TimePoint status_at;
  std::shared_ptr<const ServerStatus> server;
  std::shared_ptr<const ReplSetConfig> config;  ///< kept until the member tells of a newer one
  std::optional<OplogStats> oplog;              ///< of the last minute
  std::optional<Compatibility> compatibility;   ///< of the last minute
  std::optional<bool> fsync_locked;
  int status_code = 0;  ///< why replSetGetStatus was refused: a ServerCode, 0 when it was not

  // The cost of the last full round.
  bool round_ok = false;
  double round_seconds = 0;
};

}  // namespace replicawatch::mongo
