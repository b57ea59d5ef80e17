#pragma once

#include <map>
#include <string>
#include <vector>

#include "exporters/mongo/facts.h"
#include "exporters/mongo/session.h"
#include "exporters/mongo/topics.h"

namespace replicawatch::mongo {

/// Asks a node for its databases, collections and indexes, its operations, and a mongos or a
/// configuration server for the shards. How many commands that takes is up to the node, so it asks
/// within limits, and within half of the time that is left: the member has more to tell. What is
/// refused rests for an hour. Used by the member's thread.
class SurveyQuestions {
 public:
  explicit SurveyQuestions(const SurveyLimits& limits) : limits_(limits) {}

  /// Fails only when the session does.
  Result<void> Ask(Session& session, Deadline deadline, const MemberFacts& facts, Topics topics,
                   NodeAnswers& answers);

 private:
  class Round;

  const SurveyLimits limits_;
  std::map<Topic, TimePoint> refused_until_;  ///< each refusal is a line in the server's log
};

}  // namespace replicawatch::mongo
