#include "exporters/mongo/node_questions.h"

#include "exporters/mongo/parse/command_result.h"

namespace replicawatch::mongo {
namespace {

constexpr Duration kRefusedPause = std::chrono::hours(1);

constexpr Command kOplogStats = {.name = "collStats", .database = "local", .argument = "oplog.rs"};

/// The answer, empty when the server refuses.
Result<std::string> AskOne(Session& session, const Command& command, Deadline deadline) {
  Result<Reply> reply = session.Run(command, deadline);
  if (!reply) return tl::unexpected(reply.error());
  const Result<CommandResult> result = ParseCommandResult(reply->bson);
  if (!result) return tl::unexpected(result.error());
  return result->ok ? std::move(reply->bson) : std::string();
}

}  // namespace

Result<void> NodeQuestions::Ask(Session& session, Deadline deadline, const MemberFacts& facts,
                                NodeAnswers& answers) {
  const auto ask = [&](const Command& command, std::string& into) -> Result<void> {
    Result<std::string> answer = AskOne(session, command, deadline);
    if (!answer) return tl::unexpected(answer.error());
    into = std::move(*answer);
    return {};
  };
  const TimePoint now = Clock::now();
  Result<void> done;
  if (now >= diagnostic_refused_) {
    done = ask({"getDiagnosticData"}, answers.diagnostic);
    if (done && answers.diagnostic.empty()) diagnostic_refused_ = now + kRefusedPause;
  }
  const bool refused = answers.diagnostic.empty();
  if (done && refused) done = ask({"serverStatus"}, answers.server);
  if (done && refused && facts.status) done = ask(kOplogStats, answers.oplog);
  if (done) done = ask({"buildInfo"}, answers.build);
  if (done && facts.status) done = ask({"replSetGetStatus"}, answers.status);
  if (done && facts.config) done = ask({"replSetGetConfig"}, answers.config);
  return done;
}

}  // namespace replicawatch::mongo
