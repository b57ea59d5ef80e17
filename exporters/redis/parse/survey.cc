#include "exporters/redis/parse/survey.h"

#include <algorithm>

#include "common/base/text.h"
#include "exporters/redis/parse/info_text.h"

namespace replicawatch::redis {
namespace {

constexpr int kMostDatabases = 100'000;

std::optional<double> Number(const Reply& reply) {
  if (reply.kind == Reply::Kind::kInteger) return static_cast<double>(reply.integer);
  if (reply.kind == Reply::Kind::kText) return ParseDouble(reply.text);
  return std::nullopt;
}

/// The milliseconds of an id: "1638006862416-0".
std::optional<double> IdOf(const Reply& reply) {
  std::string_view text = reply.text;
  return ParseDouble(CutAt(text, '-'));
}

/// The value that follows the name in an answer of names and values; null when there is none.
const Reply* Find(const Reply& pairs, std::string_view name) {
  for (size_t i = 0; i + 1 < pairs.elements.size(); i += 2) {
    if (pairs.elements[i].text == name) return &pairs.elements[i + 1];
  }
  return nullptr;
}

std::optional<double> NumberOf(const Reply& pairs, std::string_view name) {
  const Reply* value = Find(pairs, name);
  return value == nullptr ? std::nullopt : Number(*value);
}

std::optional<double> IdAt(const Reply& pairs, std::string_view name) {
  const Reply* value = Find(pairs, name);
  return value == nullptr ? std::nullopt : IdOf(*value);
}

/// Of an entry, whose id is its first element.
std::optional<double> EntryAt(const Reply& pairs, std::string_view name) {
  const Reply* value = Find(pairs, name);
  if (value == nullptr || value->elements.empty()) return std::nullopt;
  return IdOf(value->elements[0]);
}

std::string TextOf(const Reply& pairs, std::string_view name) {
  const Reply* value = Find(pairs, name);
  return value == nullptr ? std::string() : value->text;
}

}  // namespace

Result<std::vector<KeySelection>> ParseSelections(std::string_view text) {
  std::vector<KeySelection> selections;
  while (!text.empty()) {
    std::string_view item = TrimSpace(CutAt(text, ','));
    if (item.empty()) continue;
    KeySelection selection;
    const size_t equals = item.find('=');
    if (item.starts_with("db") && equals != std::string_view::npos) {
      const auto number = ParseInt(item.substr(2, equals - 2));
      if (number && (*number < 0 || *number >= kMostDatabases))
        return Fail(ErrorCode::kParse, "there is no database " + std::string(item.substr(2)));
      // Else it is a name with a = in it.
      if (number) {
        selection.database = static_cast<int>(*number);
        item.remove_prefix(equals + 1);
      }
    }
    if (item.empty()) return Fail(ErrorCode::kParse, "a key is missing after \"db...=\"");
    selection.text = item;
    selections.push_back(std::move(selection));
  }
  return selections;
}

std::vector<int> ParseDatabases(const Reply& reply) {
  std::vector<int> databases;
  const InfoText info(reply.text);
  for (const InfoLine& line : info.Section("Keyspace")) {
    const auto number = line.name.starts_with("db") ? ParseInt(line.name.substr(2)) : std::nullopt;
    if (number && *number >= 0 && *number < kMostDatabases)
      databases.push_back(static_cast<int>(*number));
  }
  return databases;
}

std::optional<ScanPage> ParseScan(const Reply& reply) {
  if (reply.elements.size() != 2 || reply.elements[0].text.empty()) return std::nullopt;
  ScanPage page;
  page.cursor = reply.elements[0].text;
  for (const Reply& key : reply.elements[1].elements) page.keys.push_back(key.text);
  return page;
}

Result<StreamInfo> ParseStream(const Reply& reply) {
  if (reply.kind != Reply::Kind::kArray) return Fail(ErrorCode::kParse, "XINFO STREAM: no stream");
  return StreamInfo{NumberOf(reply, "length"),           NumberOf(reply, "radix-tree-keys"),
                    NumberOf(reply, "radix-tree-nodes"), IdAt(reply, "last-generated-id"),
                    NumberOf(reply, "groups"),           NumberOf(reply, "entries-added"),
                    IdAt(reply, "max-deleted-entry-id"), EntryAt(reply, "first-entry"),
                    EntryAt(reply, "last-entry")};
}

std::vector<StreamGroup> ParseStreamGroups(const Reply& reply) {
  std::vector<StreamGroup> groups;
  for (const Reply& group : reply.elements) {
    groups.push_back({TextOf(group, "name"), NumberOf(group, "consumers"),
                      NumberOf(group, "pending"), IdAt(group, "last-delivered-id"),
                      NumberOf(group, "entries-read"), NumberOf(group, "lag")});
  }
  return groups;
}

std::vector<StreamConsumer> ParseStreamConsumers(const Reply& reply) {
  std::vector<StreamConsumer> consumers;
  for (const Reply& consumer : reply.elements) {
    std::optional<double> idle = NumberOf(consumer, "idle");
    if (idle) idle = *idle / 1000;
    consumers.push_back({TextOf(consumer, "name"), NumberOf(consumer, "pending"), idle});
  }
  return consumers;
}

ScriptResult ParseScript(const Reply& reply) {
  ScriptResult result;
  if (reply.is_error()) return result;
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    if (const auto value = Number(reply.elements[i + 1]))
      result.values[reply.elements[i].text] = *value;
  }
  result.outcome = result.values.empty() ? ScriptResult::kNothing : ScriptResult::kOk;
  return result;
}

}  // namespace replicawatch::redis
