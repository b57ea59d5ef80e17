#include "exporters/minio/parse/heal_status.h"

#include <utility>

#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {
namespace {

constexpr size_t kLongestToken = 256;

Result<HealedObject> ReadObject(const Json& item) {
  HealedObject object{TextOf(item, "object"), IntOf(item, "dataBlocks").value_or(0),
                      IntOf(item, "parityBlocks").value_or(0)};
  const Json* before = FindMember(item, "before");
  if (object.name.empty() || object.data < 1 || object.parity < 0 || before == nullptr)
    return Fail(ErrorCode::kParse, "heal: an object without name, blocks or drives");
  for (const Json& drive : ListOf(*before, "drives")) {
    const std::string state = TextOf(drive, "state");
    object.present += state == "ok";
    object.lost += state == "missing" || state == "corrupt";
  }
  return object;
}

}  // namespace

Result<std::string> ParseHealStart(std::string_view body) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "heal: " + root.error().message);
  std::string token = TextOf(*root, "clientToken");
  if (token.empty() || token.size() > kLongestToken)
    return Fail(ErrorCode::kParse, "heal: no clientToken");
  return token;
}

Result<HealStatus> ParseHealStatus(std::string_view body, size_t max_items) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "heal: " + root.error().message);
  const std::string summary = TextOf(*root, "Summary");
  if (summary.empty()) return Fail(ErrorCode::kParse, "heal: no Summary");
  if (summary == "stopped") return Fail(ErrorCode::kProtocol, "heal: the run was stopped");
  HealStatus status;
  status.finished = summary == "finished";
  const Json::array_t& items = ListOf(*root, "Items");
  if (items.size() > max_items) return Fail(ErrorCode::kLimit, "heal: too many items");
  for (const Json& item : items) {
    if (TextOf(item, "type") != "object") continue;
    Result<HealedObject> object = ReadObject(item);
    if (!object) return tl::unexpected(object.error());
    status.objects.push_back(std::move(*object));
  }
  return status;
}

}  // namespace replicawatch::minio
