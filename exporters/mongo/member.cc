#include "exporters/mongo/member.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "exporters/mongo/privileges.h"

namespace replicawatch::mongo {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

/// The server logs every failed login, so they get rarer.
constexpr Duration kFirstLoginPause = std::chrono::seconds(5);
constexpr Duration kLongestLoginPause = std::chrono::seconds(30);
/// And every command that is not allowed.
constexpr Duration kDeniedPause = std::chrono::seconds(30);

/// All of `metrics` but `repl` and `getLastError`.
constexpr const char* kOtherMetrics[] = {"abortExpiredTransactions",
                                         "aggStageCounters",
                                         "apiVersions",
                                         "authorization",
                                         "changeStreams",
                                         "commands",
                                         "cursor",
                                         "diagnostics",
                                         "document",
                                         "dotsAndDollarsFields",
                                         "mongos",
                                         "network",
                                         "numOps",
                                         "operation",
                                         "operatorCounters",
                                         "query",
                                         "queryExecutor",
                                         "queryStats",
                                         "record",
                                         "ttl"};

/// Sections that are not needed: without them the answer has 5 kB instead of 62 kB on 6.0.5, where
/// `none` has no effect (from 8.0.22 on it is enough). Servers ignore names they do not know.
constexpr CommandOption kServerOptions[] = {
    {"none", 1},
    {"defaultRWConcern", 1},
    {"electionMetrics", 1},
    {"flowControl", 1},
    {"metrics", 1, kOtherMetrics},
    {"oplogTruncation", 1},
    {"activeIndexBuilds", 0},
    {"asserts", 0},
    {"batchedDeletes", 0},
    {"catalogStats", 0},
    {"changeStreamPreImages", 0},
    {"connections", 0},
    {"extra_info", 0},
    {"freeMonitoring", 0},
    {"globalLock", 0},
    {"indexBulkBuilder", 0},
    {"indexStats", 0},
    {"locks", 0},
    {"logicalSessionRecordCache", 0},
    {"mem", 0},
    {"network", 0},
    {"opLatencies", 0},
    {"opReadConcernCounters", 0},
    {"opcounters", 0},
    {"opcountersRepl", 0},
    {"planCache", 0},
    {"queues", 0},
    {"readConcernCounters", 0},
    {"readPreferenceCounters", 0},
    {"scramCache", 0},
    {"security", 0},
    {"storageEngine", 0},
    {"tcmalloc", 0},
    {"tenantMigrations", 0},
    {"trafficRecording", 0},
    {"transactions", 0},
    {"transportSecurity", 0},
    {"twoPhaseCommitCoordinator", 0},
    {"wiredTiger", 0},
    {"repl", 1},
    {"oplog", 1},  // the last, so that it can be left out
};
constexpr std::span<const CommandOption> kServerWithOplog = kServerOptions;
constexpr std::span<const CommandOption> kServerWithoutOplog =
    kServerWithOplog.first(kServerWithOplog.size() - 1);

int64_t UnixMs(system_clock::time_point point) {
  return std::chrono::duration_cast<milliseconds>(point.time_since_epoch()).count();
}

/// The member's clock minus ours at the middle of the question's way there and back.
std::optional<double> ClockSkew(const Hello& hello, const Reply& reply) {
  if (!hello.local_time_ms) return std::nullopt;
  const auto middle = reply.sent + (reply.received - reply.sent) / 2;
  const auto wall = system_clock::now() -
                    std::chrono::duration_cast<system_clock::duration>(Clock::now() - middle);
  return static_cast<double>(*hello.local_time_ms - UnixMs(wall)) / 1000;
}

bool SamePart(const Hello& a, const Hello& b) {
  return a.writable_primary == b.writable_primary && a.secondary == b.secondary &&
         a.arbiter == b.arbiter && a.election_term == b.election_term &&
         a.set_version == b.set_version && a.set_name == b.set_name;
}

/// Refusals with which a member tells of itself.
bool TellsOfItself(int code) {
  return code == kNoReplicationEnabled || code == kInvalidReplicaSetConfig ||
         code == kNotYetInitialized;
}

bool HasOplog(const MemberFacts& facts) {
  if (!facts.status || !facts.status->my_state) return false;
  const int state = *facts.status->my_state;
  return state == kStatePrimary || state == kStateSecondary || state == kStateRecovering ||
         state == kStateRollback;
}

}  // namespace

Member::Member(SessionFactory open, bool login, bool arbiter, const SurveyLimits& limits)
    : open_(std::move(open)), login_(login), anonymous_(login && arbiter), survey_(limits) {
  login_pause_ = kFirstLoginPause;
}

const MemberFacts& Member::Greet(Deadline deadline) {
  const Result<Reply> reply = open_(false)->Run({"hello", {}}, deadline);
  Result<Hello> hello = reply ? ParseHello(reply->bson) : tl::unexpected(reply.error());
  if (hello) {
    facts_.hello_asked_at = reply->sent;
    facts_.hello_at = reply->received;
    facts_.hello = std::make_shared<const Hello>(std::move(*hello));
  }
  return facts_;
}

const MemberFacts& Member::Sample(Deadline deadline) {
  const std::shared_ptr<const Hello> before = facts_.hello;
  const bool knew_less = !facts_.answered || anonymous_;
  if (!AskHello(deadline)) return facts_;
  // Elected, but still catching up: then only its status says so, and says when that is over.
  const bool catches_up =
      facts_.status && facts_.status->my_state == kStatePrimary && !facts_.hello->writable_primary;
  if ((knew_less && !anonymous_) || !before || !SamePart(*before, *facts_.hello) || catches_up) {
    AskRest(deadline);
  } else if (anonymous_ && !facts_.hello->arbiter) {
    facts_.error = login_error_;
  } else {
    for (const Denial& denial : denials_) {
      if (denial.error && !facts_.error) facts_.error = denial.error;
    }
  }
  return facts_;
}

const MemberFacts& Member::Probe(Deadline deadline, Topics topics) {
  const TimePoint start = Clock::now();
  facts_.node.reset();
  if (AskHello(deadline)) AskRest(deadline);
  if (!topics.empty() && connected_ && !anonymous_) AskTopics(deadline, topics);
  facts_.round_ok = !facts_.error;
  facts_.round_seconds = Seconds(Clock::now() - start);
  return facts_;
}

void Member::AskTopics(Deadline deadline, Topics topics) {
  auto answers = std::make_shared<NodeAnswers>();
  Result<void> asked;
  if (topics.Has(Topic::kNode)) asked = node_.Ask(*session_, deadline, facts_, *answers);
  if (asked) {
    facts_.node = answers;
    asked = survey_.Ask(*session_, deadline, facts_, topics, *answers);
  }
  if (!asked) Failed(asked.error());
}

bool Member::AskHello(Deadline deadline) {
  facts_.error.reset();
  const Result<Reply> reply = RunHello(deadline);
  facts_.answered = connected_ = reply.has_value();
  if (!reply) {
    Failed(reply.error());
    return false;
  }
  Result<Hello> hello = ParseHello(reply->bson);
  if (!hello) {
    facts_.answered = false;
    Failed(hello.error());
    return false;
  }
  if (hello->writable_primary) NoteClaim(hello->election_term.value_or(-1), reply->received);
  facts_.hello_asked_at = reply->sent;
  facts_.hello_at = reply->received;
  facts_.clock_skew_seconds = ClockSkew(*hello, *reply);
  facts_.hello = std::make_shared<const Hello>(std::move(*hello));
  return true;
}

void Member::NoteClaim(int64_t term, TimePoint at) {
  if (claimed_term_ == term) return;
  claimed_term_ = term;
  facts_.claimed_at = at;
}

Result<Reply> Member::RunHello(Deadline deadline) {
  const bool arbiter = facts_.hello && facts_.hello->arbiter;
  if (anonymous_ && !arbiter && Clock::now() >= next_login_) return LogIn(deadline);
  if (!session_) session_ = open_(login_ && !anonymous_);
  Result<Reply> reply = session_->Run({"hello", {}}, deadline);
  if (reply || anonymous_ || reply.error().code != ErrorCode::kAuth) return reply;
  // No login, so what can be known without one. An arbiter has no users: there this is all.
  login_error_ = reply.error();
  next_login_ = Clock::now() + login_pause_;
  login_pause_ = std::min(login_pause_ * 2, kLongestLoginPause);
  anonymous_ = true;
  session_ = open_(false);
  return session_->Run({"hello", {}}, deadline);
}

/// From the session without login back to one with it. The former stays when this fails.
Result<Reply> Member::LogIn(Deadline deadline) {
  std::unique_ptr<Session> session = open_(true);
  Result<Reply> reply = session->Run({"hello", {}}, deadline);
  if (reply) {
    session_ = std::move(session);
    privileges_checked_ = false;
    anonymous_ = false;
    login_error_.reset();
    login_pause_ = kFirstLoginPause;
    return reply;
  }
  if (reply.error().code != ErrorCode::kAuth) return reply;
  login_error_ = reply.error();
  next_login_ = Clock::now() + login_pause_;
  login_pause_ = std::min(login_pause_ * 2, kLongestLoginPause);
  if (!session_) session_ = open_(false);
  return session_->Run({"hello", {}}, deadline);
}

void Member::AskRest(Deadline deadline) {
  facts_.status.reset();
  facts_.server.reset();
  facts_.status_code = 0;
  if (facts_.hello->mongos) {
    Failed({ErrorCode::kUnsupported, "a mongos, not a member of a replica set"});
    return;
  }
  if (anonymous_) {
    if (login_error_ && !facts_.hello->arbiter) Failed(*login_error_);
    return;
  }
  if (login_ && !privileges_checked_) CheckPrivileges(deadline);
  if (connected_) AskStatus(deadline);
  if (connected_) AskServer(deadline);
  if (connected_ && facts_.status) AskConfig(deadline);
  if (connected_ && facts_.status) {
    const Result<void> asked = details_.Ask(*session_, deadline, facts_);
    if (!asked) Failed(asked.error());
  }
}

/// Says at the start what will be missing for want of a privilege, instead of leaving it to be
/// found out. Anybody may ask this of the own login.
void Member::CheckPrivileges(Deadline deadline) {
  constexpr CommandOption kOptions[] = {{"showPrivileges", 1}};
  const Result<Reply> reply = session_->Run({"connectionStatus", kOptions}, deadline);
  if (!reply) {
    connected_ = false;
    Failed(reply.error());
    return;
  }
  privileges_checked_ = true;
  const auto missing = FindMissingPrivileges(reply->bson);
  if (!missing) return;
  for (const Privilege& privilege : *missing) {
    LogFolded(LogLevel::kWarn, "the login lacks a privilege; what comes from it will be missing",
              {{"service", "mongo"},
               {"member", facts_.hello->me.value_or("")},
               {"action", std::string(privilege.action)},
               {"resource", std::string(privilege.resource)},
               {"gives", std::string(privilege.gives)}});
  }
}

void Member::AskStatus(Deadline deadline) {
  const TimePoint asked_at = Clock::now();
  const auto bson = Ask(kStatus, {"replSetGetStatus", {}}, deadline);
  if (!bson) return;
  Result<ReplSetStatus> status = ParseReplSetStatus(*bson);
  if (!status) return Failed(status.error());
  facts_.status_asked_at = asked_at;
  facts_.status_at = Clock::now();
  if (status->my_state == kStatePrimary) {
    NoteClaim(status->term.value_or(-1), facts_.status_at);
  } else if (!facts_.hello->writable_primary) {
    claimed_term_.reset();
  }
  facts_.status = std::make_shared<const ReplSetStatus>(std::move(*status));
}

void Member::AskServer(Deadline deadline) {
  // Before 7.0 a server without an oplog refuses the whole command when asked for it (17347).
  const auto options = HasOplog(facts_) ? kServerWithOplog : kServerWithoutOplog;
  const auto bson = Ask(kServer, {"serverStatus", options}, deadline);
  if (!bson) return;
  Result<ServerStatus> server = ParseServerStatus(*bson);
  if (!server) return Failed(server.error());
  facts_.server = std::make_shared<const ServerStatus>(std::move(*server));
}

void Member::AskConfig(Deadline deadline) {
  for (const SeenMember& seen : facts_.status->members) {
    if (seen.self && facts_.config && facts_.config->version == seen.config_version &&
        facts_.config->term == seen.config_term) {
      return;
    }
  }
  const auto bson = Ask(kConfig, {"replSetGetConfig", {}}, deadline);
  if (!bson) return;
  Result<ReplSetConfig> config = ParseReplSetConfig(*bson);
  if (!config) return Failed(config.error());
  facts_.config = std::make_shared<const ReplSetConfig>(std::move(*config));
}

std::optional<std::string> Member::Ask(Question question, const Command& command,
                                       Deadline deadline) {
  Denial& denial = denials_[question];
  if (denial.error && Clock::now() < denial.until) {
    Failed(*denial.error);
    return std::nullopt;
  }
  Result<Reply> reply = session_->Run(command, deadline);
  if (!reply) {
    connected_ = false;
    Failed(reply.error());
    return std::nullopt;
  }
  const Result<CommandResult> result = ParseCommandResult(reply->bson);
  if (!result) {
    Failed(result.error());
    return std::nullopt;
  }
  if (!result->ok) {
    Refused(question, command, *result);
    return std::nullopt;
  }
  denial.error.reset();
  return std::move(reply->bson);
}

void Member::Refused(Question question, const Command& command, const CommandResult& result) {
  if (question == kStatus) facts_.status_code = result.code;
  if (result.code == kInvalidReplicaSetConfig) facts_.config.reset();
  if (TellsOfItself(result.code)) return;
  Error error = RefusalError(command.name, result, login_ && !anonymous_);
  if (result.code == kUnauthorized) {
    denials_[question] = {Clock::now() + kDeniedPause, error};
  }
  Failed(std::move(error));
}

void Member::Failed(Error error) {
  if (!facts_.error) facts_.error = std::move(error);
}

}  // namespace replicawatch::mongo
