#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "exporters/mongo/facts.h"
#include "exporters/mongo/session.h"

namespace replicawatch::mongo {

/// Questions to one member that the joined view can do without: what is refused rests for an hour,
/// is said once in the log, and left out. What hardly changes is asked once a minute. Used by the
/// member's thread.
class DetailQuestions {
 public:
  /// Asks what is due over the member's session and puts the answers into `facts`, whose status is
  /// known. Fails only when the session does.
  Result<void> Ask(Session& session, Deadline deadline, MemberFacts& facts);

 private:
  enum Question : size_t { kOplog, kCompatibility, kFsyncLock, kQuestions };

  Result<void> AskOne(Question question, const Command& command, Duration interval,
                      Session& session, Deadline deadline,
                      const std::function<Result<void>(std::string_view bson)>& take);

  std::array<TimePoint, kQuestions> next_{};
  std::array<bool, kQuestions> refused_{};
};

}  // namespace replicawatch::mongo
