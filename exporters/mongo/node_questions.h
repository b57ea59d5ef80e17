#pragma once

#include "exporters/mongo/facts.h"
#include "exporters/mongo/session.h"

namespace replicawatch::mongo {

/// Asks a node for all that concerns itself: far more than its set needs, so only when a page wants
/// it. What is refused is left out, and where getDiagnosticData is, serverStatus stands in. Used by
/// the member's thread.
class NodeQuestions {
 public:
  /// Fails only when the session does.
  Result<void> Ask(Session& session, Deadline deadline, const MemberFacts& facts,
                   NodeAnswers& answers);

 private:
  TimePoint diagnostic_refused_;  ///< each refusal is a line in the server's log
};

}  // namespace replicawatch::mongo
