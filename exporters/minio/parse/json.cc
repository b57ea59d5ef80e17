#include "exporters/minio/parse/json.h"

#include <chrono>
#include <limits>
#include <string>

#include "common/base/text.h"

namespace replicawatch::minio {
namespace {

/// The deepest answer of MinIO has 8 levels.
constexpr int kDeepest = 32;

std::optional<int> AsInt(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  // An unsigned number above the signed range turns negative here and is out of range as well.
  const auto number = value.get<int64_t>();
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
    return std::nullopt;
  }
  return static_cast<int>(number);
}

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  bool too_deep = false;
  const auto keep = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kDeepest) too_deep = true;
    if (too_deep) return false;
    return !(event == Json::parse_event_t::key && (parsed == "lastMinute" || parsed == "apiCalls" ||
                                                   parsed == "mem_stats" || parsed == "gc_stats"));
  };
  Json root = Json::parse(text.begin(), text.end(), keep, false);
  if (too_deep) return Fail(ErrorCode::kLimit, "JSON nested too deep");
  if (root.is_discarded()) return Fail(ErrorCode::kParse, "not JSON");
  return root;
}

const Json* FindMember(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string TextOf(const Json& object, const char* name) {
  const Json* value = FindMember(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

bool IsTrue(const Json& object, const char* name) {
  const Json* value = FindMember(object, name);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::optional<int> IntOf(const Json& object, const char* name) {
  const Json* value = FindMember(object, name);
  return value == nullptr ? std::nullopt : AsInt(*value);
}

std::optional<int> IntAt(const Json* list, size_t index) {
  if (list == nullptr || !list->is_array() || index >= list->size()) return std::nullopt;
  return AsInt((*list)[index]);
}

std::optional<double> NumberOf(const Json& object, const char* name) {
  const Json* value = FindMember(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

std::optional<double> TimeOf(const Json& object, const char* name) {
  const Json* value = FindMember(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return ParseTime(value->get_ref<const std::string&>());
}

const Json::array_t& ListOf(const Json& object, const char* name) {
  static const Json::array_t empty;
  const Json* value = FindMember(object, name);
  return value != nullptr && value->is_array() ? value->get_ref<const Json::array_t&>() : empty;
}

const Json::object_t& MembersOf(const Json& object, const char* name) {
  static const Json::object_t empty;
  const Json* value = FindMember(object, name);
  return value != nullptr && value->is_object() ? value->get_ref<const Json::object_t&>() : empty;
}

std::optional<double> ParseTime(std::string_view text) {
  // 2006-01-02T15:04:05[.999999999]Z: the servers write their times in UTC.
  constexpr size_t kWholeSeconds = 19;
  if (text.size() <= kWholeSeconds || !text.ends_with('Z') || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto part = [&](size_t begin, size_t size) {
    return static_cast<int>(ParseInt(text.substr(begin, size)).value_or(-1));
  };
  const auto within = [](int value, int least, int most) {
    return value >= least && value <= most;
  };
  const int year = part(0, 4);
  const int month = part(5, 2);
  const int day = part(8, 2);
  const int hour = part(11, 2);
  const int minute = part(14, 2);
  const int second = part(17, 2);
  if (!within(year, 1970, 9999) || !within(month, 1, 12) || !within(day, 1, 31) ||
      !within(hour, 0, 23) || !within(minute, 0, 59) || !within(second, 0, 60)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  std::string_view fraction = text.substr(kWholeSeconds);
  fraction.remove_suffix(1);
  double seconds = second;
  if (!fraction.empty()) {
    const auto digits = ParseDouble("0" + std::string(fraction));
    if (!fraction.starts_with('.') || !digits) return std::nullopt;
    seconds += *digits;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400 + hour * 3600 + minute * 60 + seconds;
}

}  // namespace replicawatch::minio
