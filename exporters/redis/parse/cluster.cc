#include "exporters/redis/parse/cluster.h"

#include <algorithm>

#include "common/base/text.h"
#include "exporters/redis/parse/address.h"

namespace replicawatch::redis {
namespace {

/// "10.0.0.1:6379@16379,host.example,shard-id=..."; before 4.0 without @. The host is empty while a
/// node does not know its own, and "?" when it is told not to say.
std::string ParseNodeAddress(std::string_view text) {
  const std::string_view endpoint = CutAt(text, ',');
  const std::string_view hostname = CutAt(text, ',');
  const std::string_view host_port = endpoint.substr(0, endpoint.find('@'));
  const size_t colon = host_port.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = host_port.substr(0, colon);
  const std::string_view port = host_port.substr(colon + 1);
  if ((host.empty() || host == "?") && hostname.find('=') == std::string_view::npos)
    host = hostname;
  if (host.empty() || port == "0") return {};
  return JoinAddress(host, port);
}

/// "0-5460", "42", "[42->-id]" or "[42-<-id]".
void ParseSlots(std::string_view text, ClusterNode& node) {
  if (text.starts_with('[')) {
    node.migrating += text.find("->-") != std::string_view::npos ? 1 : 0;
    node.importing += text.find("-<-") != std::string_view::npos ? 1 : 0;
    return;
  }
  std::string_view rest = text;
  const auto first = ParseInt(CutAt(rest, '-'));
  const auto last = rest.empty() ? first : ParseInt(rest);
  if (!first || !last || *first < 0 || *first > *last || *last >= kSlots) return;
  node.slots.push_back({static_cast<int>(*first), static_cast<int>(*last)});
}

std::optional<ClusterNode> ParseLine(std::string_view line) {
  ClusterNode node;
  node.id = CutAt(line, ' ');
  node.address = ParseNodeAddress(CutAt(line, ' '));
  node.flags = CutAt(line, ' ');
  node.master_id = CutAt(line, ' ');
  if (node.master_id == "-") node.master_id.clear();
  CutAt(line, ' ');  // when the last ping was sent
  CutAt(line, ' ');  // when the last pong came
  node.config_epoch = ParseInt(CutAt(line, ' '));
  if (!node.config_epoch) return std::nullopt;
  node.link_up = CutAt(line, ' ') == "connected";
  while (!line.empty()) ParseSlots(CutAt(line, ' '), node);
  return node;
}

}  // namespace

bool ClusterNode::HasFlag(std::string_view flag) const {
  std::string_view rest = flags;
  while (!rest.empty()) {
    if (CutAt(rest, ',') == flag) return true;
  }
  return false;
}

Result<std::vector<ClusterNode>> ParseClusterNodes(std::string_view text) {
  std::vector<ClusterNode> nodes;
  while (!text.empty()) {
    if (auto node = ParseLine(CutAt(text, '\n'))) nodes.push_back(std::move(*node));
  }
  if (nodes.empty()) return Fail(ErrorCode::kParse, "the answer to CLUSTER NODES has no node");
  return nodes;
}

Result<ClusterState> ParseClusterState(const InfoText& text) {
  const std::string_view state = text.Value("cluster_state");
  if (state.empty()) return Fail(ErrorCode::kParse, "the answer to CLUSTER INFO has no state");
  const auto number = [&](std::string_view name) { return ParseInt(text.Value(name)); };
  return ClusterState{state == "ok", number("cluster_slots_assigned"),
                      number("cluster_slots_pfail"), number("cluster_slots_fail"),
                      number("cluster_current_epoch")};
}

}  // namespace replicawatch::redis
