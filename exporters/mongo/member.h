#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exporters/mongo/detail_questions.h"
#include "exporters/mongo/facts.h"
#include "exporters/mongo/node_questions.h"
#include "exporters/mongo/parse/command_result.h"
#include "exporters/mongo/session.h"
#include "exporters/mongo/survey_questions.h"

namespace replicawatch::mongo {

/// Asks one member and keeps what it told. Owns the session and decides whether it is
/// opened with the login. Blocks while it asks; used by one thread.
class Member {
 public:
  /// `login`: whether the settings have one. `arbiter`: it is known to be one, which has no users
  /// and would count every login as a failed one.
  Member(SessionFactory open, bool login, bool arbiter, const SurveyLimits& limits = {});

  /// Asks hello without login, over a connection of its own. A login costs 20 ms of computing
  /// (SCRAM), a greeting none: with it the other members are found, and logged in to, meanwhile.
  const MemberFacts& Greet(Deadline deadline);

  /// Asks hello only; all, when hello shows that the member's part in the set has changed.
  const MemberFacts& Sample(Deadline deadline);

  /// Asks hello, replSetGetStatus, serverStatus and, when it has changed, replSetGetConfig; then
  /// what belongs to the topics.
  const MemberFacts& Probe(Deadline deadline, Topics topics = {});

 private:
  /// The questions that need a privilege.
  enum Question : size_t { kStatus, kServer, kConfig, kQuestions };

  bool AskHello(Deadline deadline);
  void NoteClaim(int64_t term, TimePoint at);
  Result<Reply> RunHello(Deadline deadline);
  Result<Reply> LogIn(Deadline deadline);
  void AskRest(Deadline deadline);
  void CheckPrivileges(Deadline deadline);
  void AskTopics(Deadline deadline, Topics topics);
  void AskStatus(Deadline deadline);
  void AskServer(Deadline deadline);
  void AskConfig(Deadline deadline);
  std::optional<std::string> Ask(Question question, const Command& command, Deadline deadline);
  void Refused(Question question, const Command& command, const CommandResult& result);
  void Failed(Error error);

  const SessionFactory open_;
  const bool login_;

  std::unique_ptr<Session> session_;
  bool anonymous_;                       // the session has no login although there is one
  bool privileges_checked_ = false;      // of this login
  bool connected_ = false;               // the last question of the round was answered
  std::optional<int64_t> claimed_term_;  // of which it claims to be the primary
  std::optional<Error> login_error_;
  TimePoint next_login_;
  Duration login_pause_;

  struct Denial {
    TimePoint until;
    std::optional<Error> error;
  };
  std::array<Denial, kQuestions> denials_;
  DetailQuestions details_;
  NodeQuestions node_;
  SurveyQuestions survey_;

  MemberFacts facts_;
};

}  // namespace replicawatch::mongo
