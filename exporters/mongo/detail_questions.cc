#include "exporters/mongo/detail_questions.h"

#include "common/base/log.h"
#include "exporters/mongo/parse/command_result.h"

namespace replicawatch::mongo {
namespace {

constexpr Duration kRefusedPause = std::chrono::hours(1);
constexpr Duration kSlow = std::chrono::minutes(1);

constexpr CommandOption kVersionOption[] = {{"featureCompatibilityVersion", 1}};
/// No operation has this number: only the lock is wanted.
constexpr CommandOption kNoOperation[] = {{"opid", -1}};

template <class Value>
std::function<Result<void>(std::string_view)> Into(std::optional<Value>& value,
                                                   Result<Value> (*parse)(std::string_view)) {
  return [&value, parse](std::string_view bson) -> Result<void> {
    Result<Value> parsed = parse(bson);
    if (!parsed) return tl::unexpected(parsed.error());
    value = std::move(*parsed);
    return {};
  };
}

}  // namespace

Result<void> DetailQuestions::Ask(Session& session, Deadline deadline, MemberFacts& facts) {
  const int state = facts.status->my_state.value_or(kStateUnknown);
  if (state != kStatePrimary && state != kStateSecondary) {
    facts.fsync_locked.reset();
    return {};
  }
  return AskOne(kFsyncLock, {"currentOp", kNoOperation}, {}, session, deadline,
                Into(facts.fsync_locked, ParseFsyncLock))
      .and_then([&] {
        return AskOne(kOplog, {.name = "collStats", .database = "local", .argument = "oplog.rs"},
                      kSlow, session, deadline, Into(facts.oplog, ParseOplogStats));
      })
      .and_then([&] {
        return AskOne(kCompatibility, {"getParameter", kVersionOption}, kSlow, session, deadline,
                      Into(facts.compatibility, ParseCompatibility));
      });
}

Result<void> DetailQuestions::AskOne(
    Question question, const Command& command, Duration interval, Session& session,
    Deadline deadline, const std::function<Result<void>(std::string_view bson)>& take) {
  const TimePoint now = Clock::now();
  if (now < next_[question]) return {};
  const Result<Reply> reply = session.Run(command, deadline);
  if (!reply) return tl::unexpected(reply.error());
  const Result<CommandResult> result = ParseCommandResult(reply->bson);
  if (!result) return tl::unexpected(result.error());
  next_[question] = now + interval;
  if (result->ok) {
    refused_[question] = false;
    return take(reply->bson);
  }
  next_[question] = now + kRefusedPause;
  if (!refused_[question]) {
    refused_[question] = true;
    Log(LogLevel::kInfo, "a command is refused; what comes from it is left out",
        {{"service", "mongo"}, {"command", command.name}, {"reason", result->message}});
  }
  return {};
}

}  // namespace replicawatch::mongo
