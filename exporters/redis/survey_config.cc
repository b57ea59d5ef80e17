#include "exporters/redis/survey_config.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/base/text.h"
#include "common/config/readers.h"
#include "exporters/redis/key_groups.h"
#include "exporters/redis/parse/survey.h"

namespace replicawatch::redis {
namespace {

constexpr size_t kLongestScript = 1U << 20;
constexpr size_t kMostPercent = 50;

/// A list in the file, or one text with commas: both as the flags have it.
YamlValue::Read IntoList(std::string& list) {
  return [&list](const YamlValue& value) -> Result<void> {
    const auto texts = value.Texts();
    if (!texts) return tl::unexpected(texts.error());
    for (const std::string& text : *texts) list += (list.empty() ? "" : ",") + text;
    return {};
  };
}

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::string_view item = TrimSpace(CutAt(list, ','));
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

/// At commas that are not within brackets of a pattern: "^([^,]*),^b" are two.
std::vector<std::string> SplitPatterns(std::string_view list) {
  std::vector<std::string> patterns;
  int depth = 0;
  bool escaped = false;
  std::string pattern;
  for (const char c : list) {
    if (c == ',' && depth <= 0 && !escaped) {
      if (!pattern.empty()) patterns.push_back(std::exchange(pattern, {}));
      continue;
    }
    if (!escaped) depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    escaped = c == '%' && !escaped;
    pattern += c;
  }
  if (!pattern.empty()) patterns.push_back(std::move(pattern));
  return patterns;
}

/// A pattern without any wildcard is the name of one key, for which no database is gone through.
void TakeOutNames(std::vector<KeySelection>& patterns, std::vector<KeySelection>& names) {
  const auto is_name = [](const KeySelection& selection) {
    return selection.text.find_first_of("?*[]^\\") == std::string::npos;
  };
  std::copy_if(patterns.begin(), patterns.end(), std::back_inserter(names), is_name);
  std::erase_if(patterns, is_name);
}

Result<std::string> ReadScript(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) return Fail(ErrorCode::kParse, path + ": can't be read, or is empty");
  if (text.size() > kLongestScript) return Fail(ErrorCode::kLimit, path + ": is larger than 1 MB");
  return text;
}

}  // namespace

void SurveyConfig::AddFlags(Flags& flags) {
  flags.Text("redis.check-keys", key_patterns_,
             "Patterns of keys whose size and memory are published, in the background: "
             "db0=user:*,db3=session:*; of db0 without a database",
             {"REDIS_EXPORTER_CHECK_KEYS"});
  flags.Text("redis.check-single-keys", keys_, "The same for single keys",
             {"REDIS_EXPORTER_CHECK_SINGLE_KEYS"});
  flags.Text("redis.count-keys", counted_, "Patterns of keys that are counted",
             {"REDIS_EXPORTER_COUNT_KEYS"});
  flags.Text("redis.check-streams", stream_patterns_, "Patterns of streams to look at",
             {"REDIS_EXPORTER_CHECK_STREAMS"});
  flags.Text("redis.check-single-streams", streams_, "Single streams to look at",
             {"REDIS_EXPORTER_CHECK_SINGLE_STREAMS"});
  flags.Text("redis.check-key-groups", groups_,
             "Lua patterns; what the first that matches a key captures is its group, "
             "whose keys and memory are added up",
             {"REDIS_EXPORTER_CHECK_KEY_GROUPS"});
  flags.Count("redis.max-distinct-key-groups", most_groups_,
              "Groups of a database, the largest; the keys of others are the group overflow",
              {"REDIS_EXPORTER_MAX_DISTINCT_KEY_GROUPS"});
  flags.Text("redis.script", scripts_, "Files with Lua scripts to run by EVAL_RO",
             {"REDIS_EXPORTER_SCRIPT"});
  flags.Switch("redis.export-key-values", values_,
               "Publish the values of the string keys that are looked at; they may be secret");
  flags.Switch("redis.skip-keys-of-masters", skip_masters_,
               "Look at keys, streams and scripts on replicas only",
               {"REDIS_EXPORTER_SKIP_CHECKKEYS_FOR_ROLE_MASTER"});
  flags.Switch("redis.streams-exclude-consumers", without_consumers_,
               "Leave out the consumers of the streams' groups",
               {"REDIS_EXPORTER_STREAMS_EXCLUDE_CONSUMER_METRICS"});
  flags.Count("redis.survey.percent", percent_,
              "The most of a node's time that looking at its keys, streams and scripts may take",
              {}, kMostPercent);
  flags.Time("redis.survey.interval", interval_, "From the beginning of one survey to the next");
}

Result<void> SurveyConfig::Read(const YamlValue& value) {
  return value.Keys({
      {"keys", IntoList(key_patterns_),
       "patterns of keys whose size and memory are published: user:*, or db3=session:*"},
      {"single_keys", IntoList(keys_), "the same for single keys"},
      {"count", IntoList(counted_), "patterns of keys that are counted"},
      {"streams", IntoList(stream_patterns_), "patterns of streams to look at"},
      {"single_streams", IntoList(streams_), "single streams to look at"},
      {"groups", Into(listed_groups_),
       "Lua patterns; what the first that matches a key captures is its group, whose keys and "
       "memory are added up"},
      {"scripts", IntoList(scripts_), "files with Lua scripts to run by EVAL_RO"},
      {"values", Into(values_),
       "publishes the values of the string keys that are looked at; they may be secret"},
      {"skip_masters", Into(skip_masters_), "looks at keys, streams and scripts on replicas only"},
      {"exclude_consumers", Into(without_consumers_),
       "leaves out the consumers of the streams' groups"},
      {"percent", IntoCount(percent_, kMostPercent),
       "the most of a node's time that all this may take"},
      {"interval", Into(interval_), "from the beginning of one survey to the next"},
  });
}

void SurveyConfig::AddTo(SettingsDigest& digest) const {
  for (const std::string& path : Split(scripts_)) digest.Add(path);
}

Result<std::shared_ptr<const SurveySettings>> SurveyConfig::Complete() const {
  auto settings = std::make_shared<SurveySettings>();
  for (const auto& [text, selections] : {std::pair{&keys_, &settings->keys},
                                         {&key_patterns_, &settings->key_patterns},
                                         {&counted_, &settings->counted},
                                         {&streams_, &settings->streams},
                                         {&stream_patterns_, &settings->stream_patterns}}) {
    auto parsed = ParseSelections(*text);
    if (!parsed) return tl::unexpected(parsed.error());
    *selections = std::move(*parsed);
  }
  TakeOutNames(settings->key_patterns, settings->keys);
  TakeOutNames(settings->stream_patterns, settings->streams);
  settings->groups = listed_groups_;
  for (std::string& pattern : SplitPatterns(groups_))
    settings->groups.push_back(std::move(pattern));
  if (const auto grouper = KeyGrouper::Make(settings->groups); !grouper)
    return tl::unexpected(grouper.error());
  for (const std::string& path : Split(scripts_)) {
    Result<std::string> text = ReadScript(path);
    if (!text) return tl::unexpected(text.error());
    settings->scripts[path] = std::move(*text);
  }
  settings->most_groups = most_groups_;
  settings->share = static_cast<double>(percent_) / 100;
  settings->interval = interval_;
  settings->values = values_;
  settings->skip_masters = skip_masters_;
  settings->consumers = !without_consumers_;
  if (settings->empty()) return nullptr;
  return settings;
}

}  // namespace replicawatch::redis
