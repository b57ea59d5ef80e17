#include "exporters/minio/parse/server_info.h"

#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {

Result<ServerInfo> ParseServerInfo(std::string_view body, size_t max_servers) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "info: " + root.error().message);
  const Json::array_t& servers = ListOf(*root, "servers");
  if (servers.empty()) return Fail(ErrorCode::kParse, "info: no servers");
  if (servers.size() > max_servers) return Fail(ErrorCode::kLimit, "info: too many servers");
  ServerInfo info;
  for (const Json& server : servers) {
    ServerEntry entry{TextOf(server, "endpoint"), TextOf(server, "version")};
    const std::string commit = TextOf(server, "commitID");
    if (!entry.version.empty() && !commit.empty()) entry.version += " " + commit;
    info.servers.push_back(std::move(entry));
  }
  return info;
}

}  // namespace replicawatch::minio
