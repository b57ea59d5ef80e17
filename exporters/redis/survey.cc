#include "exporters/redis/survey.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/log.h"

namespace replicawatch::redis {
namespace {

constexpr auto kRefusedPause = std::chrono::hours(1);
constexpr auto kLongestRest = std::chrono::seconds(5);
/// Keys that one step of SCAN passes, and that are looked at in one go.
constexpr const char* kScanCount = "500";
constexpr size_t kKeysAtOnce = 50;
/// Keys and streams of a node that are published.
constexpr size_t kMostKeys = 1000;
constexpr size_t kLongestValue = 256;
constexpr const char* kOverflow = "overflow";

/// "XINFO STREAM" of {"XINFO", "STREAM", key}; the name of what may be refused.
std::string NameOf(const std::vector<std::string>& words) {
  const bool has_subcommand = words[0] == "XINFO" || words[0] == "MEMORY";
  return has_subcommand ? words[0] + " " + words[1] : words[0];
}

/// The command that tells the size of a key of this type in constant time; null for unknown types.
const char* SizeCommand(const std::string& type) {
  static const std::map<std::string, const char*> commands = {
      {"string", "STRLEN"}, {"list", "LLEN"}, {"set", "SCARD"},
      {"zset", "ZCARD"},    {"hash", "HLEN"}, {"stream", "XLEN"}};
  const auto found = commands.find(type);
  return found == commands.end() ? nullptr : found->second;
}

std::optional<double> IntegerOf(const Reply& reply) {
  if (reply.kind != Reply::Kind::kInteger) return std::nullopt;
  return static_cast<double>(reply.integer);
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

void Survey::Step(const NodeFacts& node, TimePoint now) {
  if (outstanding_ > 0 || now < next_step_) return;
  if (!running_) {
    const bool is_data = node.answered && node.info && node.role() != Role::kSentinel;
    const bool skip = wanted_.skip_masters && node.role() == Role::kMaster;
    if (!is_data || skip || node.info->loading) {
      next_step_ = now + std::chrono::seconds(1);
      return;
    }
    of_cluster_ = node.info->cluster;
    Begin(now);
  }
  if (jobs_.empty()) {
    Finish(now);
  } else {
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

void Survey::Start(const Search& search) { jobs_.push_front(ScanFrom("0", search)); }

void Survey::Plan() {
  const auto by_database = [](const std::vector<KeySelection>& selections) {
    std::map<int, std::vector<std::string>> keys;
    for (const auto& [database, text] : selections) keys[database].push_back(text);
    return keys;
  };
  // The last planned comes first.
  std::set<int> databases = {0};
  for (const auto* list : {&wanted_.keys, &wanted_.key_patterns, &wanted_.counted, &wanted_.streams,
                           &wanted_.stream_patterns}) {
    for (const KeySelection& selection : *list) databases.insert(selection.database);
  }
  if (!wanted_.groups.empty()) {
    const TimePoint begin = Clock::now();
    for (const int database : databases) {
      gathering_->groups[database];
      Start({database, "", false,
             [this, database](const Keys& keys) { return Group(database, keys); },
             [this, begin] { gathering_->groups_seconds = Seconds(Clock::now() - begin); }});
    }
  }
  for (const auto& [database, pattern] : wanted_.key_patterns) {
    Start({database, pattern, false,
           [this, database = database](const Keys& keys) { return LookAtKeys(database, keys); },
           nullptr});
  }
  for (const auto& [database, pattern] : wanted_.stream_patterns) {
    Start({database, pattern, true,
           [this, database = database](const Keys& keys) { return LookAtStreams(database, keys); },
           nullptr});
  }
  for (const auto& [database, pattern] : wanted_.counted) {
    const auto count = std::make_shared<KeyCount>(KeyCount{database, pattern, 0});
    Start({database, pattern, false,
           [count](const Keys& keys) {
             count->count += static_cast<double>(keys.size());
             return true;
           },
           [this, count] { gathering_->counts.push_back(*count); }});
  }
  for (const auto& [database, keys] : by_database(wanted_.streams)) LookAtStreams(database, keys);
  for (const auto& [database, keys] : by_database(wanted_.keys)) LookAtKeys(database, keys);
  RunScripts();
}

bool Survey::IsRefused(const Words& words, TimePoint now) const {
  const auto found = refused_.find(NameOf(words));
  return found != refused_.end() && now < found->second;
}

void Survey::NoteRefusal(const Words& words, const Reply& reply, TimePoint now) {
  const bool unknown = reply.text.find("nknown ") != std::string::npos;
  if (reply.ErrorWord() != "NOPERM" && !unknown) return;
  if (!refused_.insert_or_assign(NameOf(words), now + kRefusedPause).second) return;
  Log(LogLevel::kInfo, "a command is refused; what comes from it is left out",
      {{"service", "redis"},
       {"member", JoinAddress(where_.host, std::to_string(where_.port))},
       {"command", NameOf(words)},
       {"reason", reply.text}});
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
    if (reply->is_error()) NoteRefusal(jobs_.front().commands[index], *reply, now);
  }
  if (--outstanding_ == 0) EndJob(now);
}

void Survey::EndJob(TimePoint now) {
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
  Log(LogLevel::kDebug, "a survey was broken off",
      {{"service", "redis"}, {"member", where_.host}, {"reason", error.message}});
  jobs_.clear();
  running_ = false;
  gathering_.reset();
  next_step_ = now + wanted_.interval;
}

void Survey::Finish(TimePoint now) {
  gathering_->seconds = Seconds(now - began_at_);
  results_ = std::exchange(gathering_, nullptr);
  results_at_ = now;
  running_ = false;
  next_step_ = std::max(now, began_at_ + wanted_.interval);
}

/// How many of these can be looked at; what is too many is said.
size_t Survey::Admit(size_t count) {
  const size_t admitted = std::min(count, kMostKeys - admitted_);
  admitted_ += admitted;
  gathering_->truncated |= admitted < count;
  return admitted;
}

Survey::Job Survey::ScanFrom(const std::string& cursor, const Search& search) {
  Words words = {"SCAN", cursor, "COUNT", kScanCount};
  if (!search.pattern.empty()) words.insert(words.end(), {"MATCH", search.pattern});
  if (search.streams_only) words.insert(words.end(), {"TYPE", "stream"});
  return {search.database, {std::move(words)}, [=, this](const std::vector<Reply>& replies) {
            // Refused: what it would have found is not known.
            if (const auto page = ParseScan(replies[0])) TakeScanned(*page, search);
          }};
}

void Survey::TakeScanned(const ScanPage& page, const Search& search) {
  const size_t before = jobs_.size();
  bool wants_more = true;
  for (size_t i = 0; i < page.keys.size() && wants_more; i += kKeysAtOnce) {
    const auto first = page.keys.begin() + static_cast<ptrdiff_t>(i);
    const size_t count = std::min(kKeysAtOnce, page.keys.size() - i);
    wants_more = search.found({first, first + static_cast<ptrdiff_t>(count)});
  }
  // What was found is looked at first.
  const auto next = jobs_.begin() + static_cast<ptrdiff_t>(jobs_.size() - before);
  if (wants_more && page.cursor != "0") {
    jobs_.insert(next, ScanFrom(page.cursor, search));
  } else if (search.end) {
    jobs_.insert(next, {search.database, {}, [end = search.end](const auto&) { end(); }});
  }
}

bool Survey::LookAtKeys(int database, Keys keys) {
  const size_t wanted = keys.size();
  keys.resize(Admit(wanted));
  if (keys.empty()) return false;
  std::vector<Words> types;
  for (const std::string& key : keys) types.push_back({"TYPE", key});
  jobs_.push_front({database, std::move(types), [=, this](const std::vector<Reply>& replies) {
                      std::vector<std::pair<std::string, std::string>> typed;
                      for (size_t i = 0; i < keys.size(); ++i) {
                        // There is no such key, or no such type here.
                        if (SizeCommand(replies[i].text) == nullptr) continue;
                        typed.emplace_back(keys[i], replies[i].text);
                      }
                      if (!typed.empty()) MeasureKeys(database, typed);
                    }});
  return keys.size() == wanted;
}

void Survey::MeasureKeys(int database,
                         const std::vector<std::pair<std::string, std::string>>& typed) {
  std::vector<Words> commands;
  const auto reads = [this](const std::string& type) { return wanted_.values && type == "string"; };
  for (const auto& [key, type] : typed) {
    commands.push_back({SizeCommand(type), key});
    commands.push_back({"MEMORY", "USAGE", key, "SAMPLES", "5"});
    if (reads(type)) commands.push_back({"GETRANGE", key, "0", std::to_string(kLongestValue - 1)});
  }
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      auto reply = replies.begin();
                      for (const auto& [key, type] : typed) {
                        SurveyedKey surveyed{database, key, {}, {}, {}, {}};
                        surveyed.size = IntegerOf(*reply++);
                        surveyed.memory_bytes = IntegerOf(*reply++);
                        if (reads(type)) {
                          const Reply& value = *reply++;
                          if (!value.is_error()) surveyed.value = ParseDouble(value.text);
                          if (!value.is_error() && !surveyed.value) surveyed.text = value.text;
                        }
                        gathering_->keys.push_back(std::move(surveyed));
                      }
                    }});
}

bool Survey::LookAtStreams(int database, Keys keys) {
  const size_t wanted = keys.size();
  keys.resize(Admit(wanted));
  if (keys.empty()) return false;
  std::vector<Words> commands;
  for (const std::string& key : keys) {
    commands.push_back({"XINFO", "STREAM", key});
    commands.push_back({"XINFO", "GROUPS", key});
  }
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      for (size_t i = 0; i < keys.size(); ++i) {
                        const auto info = ParseStream(replies[2 * i]);
                        if (!info) continue;
                        SurveyedStream& stream = gathering_->streams.emplace_back();
                        stream.database = database;
                        stream.key = keys[i];
                        stream.info = *info;
                        for (StreamGroup& group : ParseStreamGroups(replies[2 * i + 1]))
                          stream.groups.push_back({std::move(group), {}});
                        if (wanted_.consumers && !stream.groups.empty())
                          LookAtGroups(database, keys[i], gathering_->streams.size() - 1);
                      }
                    }});
  return keys.size() == wanted;
}

void Survey::LookAtGroups(int database, const std::string& stream, size_t index) {
  std::vector<Words> commands;
  for (const auto& [group, consumers] : gathering_->streams[index].groups)
    commands.push_back({"XINFO", "CONSUMERS", stream, group.name});
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      auto& groups = gathering_->streams[index].groups;
                      for (size_t i = 0; i < groups.size(); ++i)
                        groups[i].consumers = ParseStreamConsumers(replies[i]);
                    }});
}

bool Survey::Group(int database, const Keys& keys) {
  std::vector<Words> commands;
  for (const std::string& key : keys) commands.push_back({"MEMORY", "USAGE", key, "SAMPLES", "5"});
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      auto& groups = gathering_->groups[database];
                      for (size_t i = 0; i < keys.size(); ++i) {
                        std::string name = grouper_->GroupOf(keys[i]);
                        if (!groups.contains(name) && groups.size() >= wanted_.most_groups) {
                          name = kOverflow;
                          gathering_->truncated = true;
                        }
                        KeyGroup& group = groups[name];
                        group.count += 1;
                        group.memory_bytes += IntegerOf(replies[i]).value_or(0);
                      }
                    }});
  return true;
}

void Survey::RunScripts() {
  for (const auto& [name, text] : wanted_.scripts) {
    // EVAL_RO, which can't write, is there since 7.0: before that the server calls it unknown.
    jobs_.push_front({0, {{"EVAL_RO", text, "0"}}, [this, name](const std::vector<Reply>& replies) {
                        if (!refused_.contains("EVAL_RO"))
                          gathering_->scripts[name] = ParseScript(replies[0]);
                      }});
  }
}

void AddSurvey(const Survey& survey, TimePoint now, NodeView& node) {
  if (!survey.results() || node.info == nullptr) return;
  node.survey = survey.results();
  node.survey_age_seconds = Seconds(now - survey.results_at());
}

}  // namespace replicawatch::redis
