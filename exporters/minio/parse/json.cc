#include "exporters/minio/parse/json.h"

#include <limits>

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
    return !(event == Json::parse_event_t::key && parsed == "metrics");
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

const Json::array_t& ListOf(const Json& object, const char* name) {
  static const Json::array_t empty;
  const Json* value = FindMember(object, name);
  return value != nullptr && value->is_array() ? value->get_ref<const Json::array_t&>() : empty;
}

}  // namespace replicawatch::minio
