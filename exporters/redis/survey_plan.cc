// What a survey looks for, and how it takes the answers. survey.cc drives it.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "exporters/redis/survey.h"

namespace replicawatch::redis {
namespace {

/// Keys that one step of SCAN passes, and that are looked at in one go.
constexpr const char* kScanCount = "500";
constexpr size_t kKeysAtOnce = 50;
/// Keys and streams of a node that are published.
constexpr size_t kMostKeys = 1000;
constexpr size_t kLongestValue = 256;
constexpr std::string_view kHyperLogLog = "HYLL";

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

void Survey::Start(const Search& search) { jobs_.push_front(ScanFrom("0", search)); }

void Survey::Plan() {
  const auto by_database = [](const std::vector<KeySelection>& selections) {
    std::map<int, std::vector<std::string>> keys;
    for (const auto& [database, text] : selections) keys[database].push_back(text);
    return keys;
  };
  // The last planned comes first.
  if (!wanted_.groups.empty()) {
    jobs_.push_front({0, {{"INFO", "keyspace"}}, [this](const std::vector<Reply>& replies) {
                        gathering_->groups_seconds = 0;
                        for (const int database : ParseDatabases(replies[0])) PlanGroups(database);
                      }});
  }
  for (const auto& [database, pattern] : wanted_.key_patterns) {
    Start({database, pattern, false,
           [this, database = database](const Keys& keys) {
             return LookAtKeys(database, keys, false);
           },
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
  for (const auto& [database, keys] : by_database(wanted_.keys)) LookAtKeys(database, keys, true);
  RunScripts();
}

/// Published only when the whole database was gone through.
void Survey::PlanGroups(int database) {
  const auto groups = std::make_shared<KeyGroupCount>();
  const auto begin = std::make_shared<std::optional<TimePoint>>();
  Start({database, "", false,
         [this, database, groups, begin](const Keys& keys) {
           if (!*begin) *begin = Clock::now();
           return Group(database, keys, groups);
         },
         [this, database, groups, begin] {
           KeyGroups& largest = gathering_->groups[database];
           largest = groups->Largest(wanted_.most_groups);
           gathering_->truncated |= largest.distinct.value_or(SIZE_MAX) > wanted_.most_groups;
           const double seconds = *begin ? Seconds(Clock::now() - **begin) : 0;
           gathering_->groups_seconds = gathering_->groups_seconds.value_or(0) + seconds;
         }});
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

bool Survey::LookAtKeys(int database, Keys keys, bool named) {
  const size_t wanted = keys.size();
  keys.resize(Admit(wanted));
  if (keys.empty()) return false;
  std::vector<Words> types;
  for (const std::string& key : keys) types.push_back({"TYPE", key});
  jobs_.push_front({database, std::move(types), [=, this](const std::vector<Reply>& replies) {
                      std::vector<std::pair<std::string, std::string>> typed;
                      for (size_t i = 0; i < keys.size(); ++i) {
                        if (named && replies[i].text == "none")
                          gathering_->keys.push_back({database, keys[i], 0, {}, {}, {}});
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
  // The beginning of a string shows whether it is a HyperLogLog.
  const size_t end = wanted_.values ? kLongestValue - 1 : kHyperLogLog.size() - 1;
  for (const auto& [key, type] : typed) {
    commands.push_back({SizeCommand(type), key});
    commands.push_back({"MEMORY", "USAGE", key, "SAMPLES", "5"});
    if (type == "string") commands.push_back({"GETRANGE", key, "0", std::to_string(end)});
  }
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      auto reply = replies.begin();
                      std::vector<size_t> counters;
                      for (const auto& [key, type] : typed) {
                        SurveyedKey surveyed{database, key, {}, {}, {}, {}};
                        surveyed.size = IntegerOf(*reply++);
                        surveyed.memory_bytes = IntegerOf(*reply++);
                        if (type == "string") {
                          const Reply& value = *reply++;
                          const bool counts = value.text.starts_with(kHyperLogLog);
                          if (counts) counters.push_back(gathering_->keys.size());
                          if (wanted_.values && !value.is_error() && !counts) {
                            surveyed.value = ParseDouble(value.text);
                            if (!surveyed.value) surveyed.text = value.text;
                          }
                        }
                        gathering_->keys.push_back(std::move(surveyed));
                      }
                      if (!counters.empty()) CountHyperLogLogs(database, counters);
                    }});
}

/// PFCOUNT alone would count as an error of the server for each other string.
void Survey::CountHyperLogLogs(int database, const std::vector<size_t>& indices) {
  std::vector<Words> commands;
  for (const size_t index : indices) commands.push_back({"PFCOUNT", gathering_->keys[index].key});
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      for (size_t i = 0; i < indices.size(); ++i) {
                        if (const auto count = IntegerOf(replies[i]))
                          gathering_->keys[indices[i]].size = count;
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
                        auto groups = ParseStreamGroups(replies[2 * i + 1]);
                        groups.resize(Admit(groups.size()));
                        for (StreamGroup& group : groups)
                          stream.groups.push_back({std::move(group), {}});
                        if (wanted_.consumers && !stream.groups.empty())
                          LookAtGroups(database, keys[i], gathering_->streams.size() - 1, 0);
                      }
                    }});
  return keys.size() == wanted;
}

void Survey::LookAtGroups(int database, const std::string& stream, size_t index, size_t first) {
  const auto& groups = gathering_->streams[index].groups;
  const size_t last = std::min(first + kKeysAtOnce, groups.size());
  std::vector<Words> commands;
  for (size_t i = first; i < last; ++i)
    commands.push_back({"XINFO", "CONSUMERS", stream, groups[i].group.name});
  jobs_.push_front({database, std::move(commands), [=, this](const std::vector<Reply>& replies) {
                      auto& told = gathering_->streams[index].groups;
                      if (last < told.size()) LookAtGroups(database, stream, index, last);
                      for (size_t i = first; i < last; ++i) {
                        auto consumers = ParseStreamConsumers(replies[i - first]);
                        consumers.resize(Admit(consumers.size()));
                        told[i].consumers = std::move(consumers);
                      }
                    }});
}

bool Survey::Group(int database, const Keys& keys, const std::shared_ptr<KeyGroupCount>& groups) {
  std::vector<Words> commands;
  for (const std::string& key : keys) commands.push_back({"MEMORY", "USAGE", key, "SAMPLES", "5"});
  jobs_.push_front(
      {database, std::move(commands), [this, keys, groups](const std::vector<Reply>& replies) {
         for (size_t i = 0; i < keys.size(); ++i) {
           // A key that has gone since is none.
           if (replies[i].kind != Reply::Kind::kNil)
             groups->Add(grouper_->GroupOf(keys[i]), IntegerOf(replies[i]));
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

}  // namespace replicawatch::redis
