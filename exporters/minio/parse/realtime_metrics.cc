#include "exporters/minio/parse/realtime_metrics.h"

#include <algorithm>

#include "exporters/minio/parse/endpoint.h"
#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {
namespace {

PeerConnections ReadConnections(const Json& rpc, size_t max_nodes) {
  PeerConnections connections;
  connections.reconnects = NumberOf(rpc, "reconnectCount").value_or(0);
  if (const auto milliseconds = NumberOf(rpc, "lastPingMS"); milliseconds && *milliseconds > 0)
    connections.ping_seconds = *milliseconds / 1000;
  for (const auto& [url, destination] : MembersOf(rpc, "byDestination")) {
    const Result<NodeAddress> peer = ParseDriveEndpoint(url);
    if (!peer || peer->name.empty() || connections.peers.size() >= max_nodes) continue;
    connections.peers[peer->name] = IntOf(destination, "connected").value_or(0) > 0;
  }
  return connections;
}

std::optional<double> ScanEnd(const Json& root) {
  const Json* aggregated = FindMember(root, "aggregated");
  const Json* scanner = aggregated == nullptr ? nullptr : FindMember(*aggregated, "scanner");
  if (scanner == nullptr) return std::nullopt;
  std::optional<double> last;
  for (const Json& element : ListOf(*scanner, "cycle_complete_times")) {
    if (!element.is_string()) continue;
    const auto end = ParseTime(element.get_ref<const std::string&>());
    if (end && (!last || *end > *last)) last = end;
  }
  return last;
}

}  // namespace

Result<RealtimeMetrics> ParseRealtimeMetrics(std::string_view body, size_t max_nodes) {
  // One line for each of n=1 rounds, and an empty one.
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "metrics: " + root.error().message);
  if (!root->is_object()) return Fail(ErrorCode::kParse, "metrics: no object");
  RealtimeMetrics metrics;
  metrics.scan_end_unix_seconds = ScanEnd(*root);
  for (const auto& [host, of_host] : MembersOf(*root, "by_host")) {
    if (metrics.nodes.size() >= max_nodes)
      return Fail(ErrorCode::kLimit, "metrics: too many nodes");
    const Json* rpc = FindMember(of_host, "rpc");
    if (rpc != nullptr) metrics.nodes.emplace(host, ReadConnections(*rpc, max_nodes));
  }
  return metrics;
}

}  // namespace replicawatch::minio
