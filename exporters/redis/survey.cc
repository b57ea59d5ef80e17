#include "exporters/redis/survey.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace replicawatch::redis {
namespace {

constexpr auto kRefusedPause = std::chrono::hours(1);
constexpr auto kLongestRest = std::chrono::hours(1);
/// Nodes of one loop.
constexpr ptrdiff_t kMostAtOnce = 8;
/// Keys that were refused and are remembered as such.
constexpr size_t kMostRefusals = 10'000;

/// "XINFO STREAM" of {"XINFO", "STREAM", key}; the name of what may be refused.
std::string NameOf(const std::vector<std::string>& words) {
  const bool has_subcommand = words[0] == "XINFO" || words[0] == "MEMORY";
  return has_subcommand ? words[0] + " " + words[1] : words[0];
}

/// The key that a command is about; empty for none.
std::string KeyOf(const std::vector<std::string>& words) {
  if (words[0] == "SCAN" || words[0] == "EVAL_RO" || words[0] == "INFO") return {};
  return words[0] == "XINFO" || words[0] == "MEMORY" ? words[2] : words[1];
}

std::string KeyRefusal(const std::string& key) { return "key " + key; }

/// An error that any command gets while the node is in such a state, so that what is found then is
/// not all there is. A script's own error may begin with any word.
bool IsOfNode(const std::vector<std::string>& words, const Reply& reply) {
  if (!reply.is_error() || words[0] == "EVAL_RO") return false;
  const std::string_view word = reply.ErrorWord();
  return word == "LOADING" || word == "BUSY" || word == "MASTERDOWN" || word == "CLUSTERDOWN";
}

/// The command itself, not what a script within it calls.
bool IsUnknown(const std::vector<std::string>& words, const Reply& reply) {
  return reply.text.find("nknown ") != std::string::npos &&
         (reply.text.find(words[0]) != std::string::npos ||
          (words.size() > 1 && reply.text.find(words[1]) != std::string::npos));
}

}  // namespace

Survey::Survey(const NodeSettings& settings, HostPort where, Resolver& resolver)
    : settings_(settings),
      wanted_(*settings.survey),
      where_(std::move(where)),
      resolver_(resolver) {
  // Was checked when the settings were read.
  if (auto grouper = KeyGrouper::Make(wanted_.groups)) grouper_ = std::move(*grouper);
}

Session& Survey::SessionTo(int database) {
  std::unique_ptr<Session>& session = sessions_[database];
  if (!session) {
    session = std::make_unique<Session>(where_, resolver_);
    session->SetTls(settings_.tls.get());
    session->SetLogin(&settings_.data_login);
    session->SetDatabase(database);
    if (of_cluster_) session->SetReadOnly();
  }
  return *session;
}

void Survey::ForEachSession(const std::function<void(Session&)>& visit) {
  for (auto& [database, session] : sessions_) visit(*session);
}

void Survey::Step(const NodeFacts& node, TimePoint now, bool may_begin) {
  if (outstanding_ > 0 || now < next_step_) return;
  if (!running_) {
    const bool is_data = node.answered && node.info && node.role() != Role::kSentinel;
    const bool skip = wanted_.skip_masters && node.role() == Role::kMaster;
    // What was found while it was a replica is no survey of a master.
    if (skip) results_.reset();
    if (!is_data || skip || !may_begin || node.info->loading) {
      next_step_ = now + std::chrono::seconds(1);
      return;
    }
    of_cluster_ = node.info->cluster;
    Begin(now);
  }
  if (jobs_.empty()) {
    Finish(now);
  } else {
    TryCommands(now);
    Send(now);
  }
}

void Survey::Begin(TimePoint now) {
  running_ = true;
  began_at_ = now;
  error_.reset();
  admitted_ = 0;
  gathering_ = std::make_shared<SurveyResults>();
  Plan();
}

bool Survey::IsRefused(const Words& words, TimePoint now) const {
  const auto rests = [&](const std::string& what) {
    const auto found = refused_.find(what);
    return found != refused_.end() && now < found->second;
  };
  return rests(NameOf(words)) || rests(KeyRefusal(KeyOf(words)));
}

void Survey::SayRefused(const std::string& what, const std::string& reason) const {
  Log(LogLevel::kInfo, "a command is refused; what comes from it is left out",
      {{"service", "redis"},
       {"member", JoinAddress(where_.host, std::to_string(where_.port))},
       {"command", what},
       {"reason", reason}});
}

/// Each refusal is an entry in the server's ACL log: so what is refused rests, the command, or only
/// the key where the user may not see that one.
void Survey::NoteAnswer(const Words& words, const Reply& reply, TimePoint now) {
  const std::string name = NameOf(words);
  allowed_.insert(name);
  const bool forbidden = reply.is_error() && reply.ErrorWord() == "NOPERM";
  if (!forbidden && !(reply.is_error() && IsUnknown(words, reply))) {
    refused_.erase(name);
    return;
  }
  if (forbidden && reply.text.find(" key") != std::string::npos) {
    const bool first = std::none_of(refused_.begin(), refused_.end(), [](const auto& entry) {
      return entry.first.starts_with(KeyRefusal(""));
    });
    if (refused_.size() < kMostRefusals) refused_[KeyRefusal(KeyOf(words))] = now + kRefusedPause;
    if (first) SayRefused(name + " of some keys", reply.text);
    return;
  }
  allowed_.erase(name);
  if (refused_.insert_or_assign(name, now + kRefusedPause).second) SayRefused(name, reply.text);
}

/// Of commands that are not known to be allowed, one of each kind goes before the others: each
/// refusal is an entry in the server's ACL log.
void Survey::TryCommands(TimePoint now) {
  const std::vector<Words>& commands = jobs_.front().commands;
  std::map<std::string, Words> tried;
  for (const Words& words : commands) {
    if (!allowed_.contains(NameOf(words)) && !IsRefused(words, now))
      tried.emplace(NameOf(words), words);
  }
  if (tried.empty() || commands.size() == tried.size()) return;
  Job trial{jobs_.front().database, {}, [](const std::vector<Reply>&) {}};
  for (auto& [name, words] : tried) trial.commands.push_back(std::move(words));
  jobs_.push_front(std::move(trial));
}

void Survey::Send(TimePoint now) {
  const Job& job = jobs_.front();
  sent_at_ = now;
  replies_.assign(job.commands.size(), Reply());
  Session& session = SessionTo(job.database);
  ++outstanding_;  // holds the job open while its commands are sent
  for (size_t i = 0; i < job.commands.size(); ++i) {
    if (IsRefused(job.commands[i], now)) {
      replies_[i].kind = Reply::Kind::kError;
      continue;
    }
    const Command command(job.commands[i].begin(), job.commands[i].end());
    ++outstanding_;
    session.Send(command, [this, i](const Result<Reply>& reply) { OnReply(i, reply); });
  }
  session.Flush();
  if (--outstanding_ == 0) EndJob(now);
}

void Survey::OnReply(size_t index, const Result<Reply>& reply) {
  const TimePoint now = Clock::now();
  if (!reply) {
    error_ = reply.error();
  } else {
    replies_[index] = *reply;
    if (IsOfNode(jobs_.front().commands[index], *reply))
      error_ = Error{ErrorCode::kProtocol, reply->text};
    NoteAnswer(jobs_.front().commands[index], *reply, now);
  }
  if (--outstanding_ == 0) EndJob(now);
}

void Survey::EndJob(TimePoint now) {
  if (error_ && error_->code == ErrorCode::kPermission) {
    // There is no such database, or none but the first (in a Cluster): the others go on.
    const int database = jobs_.front().database;
    if (refused_.insert_or_assign("db" + std::to_string(database), now).second)
      SayRefused("SELECT " + std::to_string(database), error_->message);
    std::erase_if(jobs_, [&](const Job& job) { return job.database == database; });
    error_.reset();
    return;
  }
  if (error_) {
    GiveUp(*error_, now);
    return;
  }
  const Job done = std::move(jobs_.front());
  jobs_.pop_front();
  done.take(replies_);
  const Duration took = now - sent_at_;
  const auto rest = std::chrono::duration_cast<Duration>(took * (1 / wanted_.share - 1));
  next_step_ = now + std::min(rest, Duration(kLongestRest));
}

void Survey::GiveUp(const Error& error, TimePoint now) {
  LogFolded(LogLevel::kDebug, "a survey was broken off",
            {{"service", "redis"}, {"member", where_.host}, {"reason", error.message}});
  jobs_.clear();
  running_ = false;
  gathering_.reset();
  next_step_ = now + wanted_.interval;
}

void Survey::Finish(TimePoint now) {
  gathering_->seconds = Seconds(now - began_at_);
  for (const auto& [what, until] : refused_) {
    if (now < until && !what.starts_with(KeyRefusal(""))) gathering_->refused.insert(what);
  }
  results_ = std::exchange(gathering_, nullptr);
  results_at_ = now;
  running_ = false;
  next_step_ = std::max(now, began_at_ + wanted_.interval);
}

TimePoint SurveyRound::Step() {
  auto running = std::count_if(surveys_.begin(), surveys_.end(),
                               [](const auto& entry) { return entry.first->running(); });
  TimePoint next = TimePoint::max();
  for (const auto& [survey, node] : surveys_) {
    const bool before = survey->running();
    survey->Step(*node, now_, running < kMostAtOnce);
    running += survey->running() - before;
    // What is under way wakes the loop by its answers.
    if (survey->next_step() > now_) next = std::min(next, survey->next_step());
  }
  return next;
}

void AddSurvey(const Survey& survey, TimePoint now, NodeView& node) {
  if (!survey.results() || node.info == nullptr) return;
  node.survey = survey.results();
  node.survey_age_seconds = Seconds(now - survey.results_at());
}

}  // namespace replicawatch::redis
