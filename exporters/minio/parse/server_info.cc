#include "exporters/minio/parse/server_info.h"

#include <functional>

#include "common/base/text.h"
#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {
namespace {

constexpr size_t kMaxTargets = 100;

std::optional<size_t> SettingsOf(const Json& server) {
  const Json* variables = FindMember(server, "minio_env_vars");
  if (variables == nullptr || !variables->is_object()) return std::nullopt;
  std::string text;
  for (const auto& [name, value] : variables->items()) {
    // Names with an underscore before them are about the one node.
    if (!name.starts_with("MINIO_") || !value.is_string()) continue;
    text += name + '=' + value.get_ref<const std::string&>() + '\n';
  }
  return std::hash<std::string>()(text);
}

ServerEntry ReadServer(const Json& server) {
  return {TextOf(server, "endpoint"), TextOf(server, "version"), TextOf(server, "commitID"),
          NumberOf(server, "uptime"), SettingsOf(server)};
}

bool IsOnline(const Json& status) { return EqualsIgnoreCase(TextOf(status, "status"), "online"); }

/// logger, audit: [{"name":{"status":"online"}}]
void AddNamed(const Json& services, const char* list, const char* kind, ServerInfo& info) {
  for (const Json& element : ListOf(services, list)) {
    if (!element.is_object()) continue;
    for (const auto& [name, status] : element.items()) {
      if (info.targets.size() < kMaxTargets) info.targets.push_back({kind, name, IsOnline(status)});
    }
  }
}

/// notifications: [{"webhook":[{"arn":{"status":"online"}}]}]
void AddNotifications(const Json& services, ServerInfo& info) {
  for (const Json& element : ListOf(services, "notifications")) {
    if (!element.is_object()) continue;
    for (const auto& [kind, unused] : element.items()) {
      AddNamed(element, kind.c_str(), "notification", info);
    }
  }
}

void ReadTargets(const Json& services, ServerInfo& info) {
  for (const Json& kms : ListOf(services, "kmsStatus")) {
    if (info.targets.size() < kMaxTargets)
      info.targets.push_back({"kms", TextOf(kms, "endpoint"), IsOnline(kms)});
  }
  const Json* ldap = FindMember(services, "ldap");
  if (ldap != nullptr && !TextOf(*ldap, "status").empty())
    info.targets.push_back({"ldap", "ldap", IsOnline(*ldap)});
  AddNamed(services, "logger", "logger", info);
  AddNamed(services, "audit", "audit", info);
  AddNotifications(services, info);
}

/// {"count":3}, or {"count":0,"error":"Operation timed out"}.
std::optional<double> Counted(const Json& root, const char* name, const char* number) {
  const Json* object = FindMember(root, name);
  if (object == nullptr || !TextOf(*object, "error").empty()) return std::nullopt;
  return NumberOf(*object, number);
}

}  // namespace

Result<ServerInfo> ParseServerInfo(std::string_view body, size_t max_servers) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "info: " + root.error().message);
  const Json::array_t& servers = ListOf(*root, "servers");
  if (servers.empty()) return Fail(ErrorCode::kParse, "info: no servers");
  if (servers.size() > max_servers) return Fail(ErrorCode::kLimit, "info: too many servers");
  ServerInfo info;
  for (const Json& server : servers) info.servers.push_back(ReadServer(server));
  if (const Json* services = FindMember(*root, "services")) ReadTargets(*services, info);
  info.buckets = Counted(*root, "buckets", "count");
  info.objects = Counted(*root, "objects", "count");
  info.usage_bytes = Counted(*root, "usage", "size");
  return info;
}

}  // namespace replicawatch::minio
