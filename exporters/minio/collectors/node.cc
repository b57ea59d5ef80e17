#include <array>

#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kCertificateEnd,
  kInitialized,
  kReady,
  kSeesWriteQuorum,
  kSeesReadQuorum,
  kMayBeStopped,
  kPoolLimit,
  kPoolRemaining,
  kInfo,
  kStart,
  kPeersConnected,
  kPeersDisconnected,
  kPeerConnected,
  kReconnects,
  kPing,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_node_certificate_expiry_timestamp_seconds",
     "When the node's certificate, or one above it in the chain, ends; also of one that is not "
     "trusted, and the last one known while the node does not answer.",
     kGauge,
     "seconds",
     Scope::kNode,
     {},
     "the TLS handshake"},
    {"replicawatch_minio_node_initialized",
     "1 if the node's object layer is up; one that waits for its peers answers all the same.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/live: no X-Minio-Server-Status"},
    {"replicawatch_minio_node_ready",
     "1 if the node takes requests: its queue has room, and KMS or etcd, if configured, answer.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/ready"},
    {"replicawatch_minio_node_sees_write_quorum",
     "1 if every erasure set has its write quorum as this node sees it.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/cluster"},
    {"replicawatch_minio_node_sees_read_quorum",
     "1 if every erasure set has its read quorum as this node sees it.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/cluster/read"},
    {"replicawatch_minio_node_may_be_stopped",
     "1 if writes would go on without this node; 0 as well while a drive heals.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/health/cluster?maintenance=true"},
    {"replicawatch_minio_node_requests_limit",
     "S3 requests that the node takes at once.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "X-Ratelimit-Limit"},
    {"replicawatch_minio_node_requests_remaining",
     "S3 requests that the node would take now on top of those under way.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "X-Ratelimit-Remaining"},
    {"replicawatch_minio_node_info",
     "Always 1; the labels say what runs on the node, or ran when it was last heard.",
     kGauge,
     "",
     Scope::kNode,
     {"version", "commit"},
     "admin info: servers.version, commitID"},
    {"replicawatch_minio_node_start_time_seconds",
     "When the node was started, in seconds since 1970.",
     kGauge,
     "seconds",
     Scope::kNode,
     {},
     "admin info: servers.uptime"},
    {"replicawatch_minio_node_peers_connected",
     "Other nodes that this one has a connection to.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "admin metrics: by_host.rpc.byDestination.connected"},
    {"replicawatch_minio_node_peers_disconnected",
     "Other nodes that this one has no connection to.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "admin metrics: by_host.rpc.byDestination.connected"},
    {"replicawatch_minio_node_peer_connected",
     "1 if this node has a connection to the peer: who sees whom. In deployments of more than 32 "
     "nodes only missing ones, as 0.",
     kGauge,
     "",
     Scope::kNode,
     {"peer"},
     "admin metrics: by_host.rpc.byDestination.connected"},
    {"replicawatch_minio_node_peer_reconnects_total",
     "Connections to other nodes that were made again since the node's start.",
     MetricType::kCounter,
     "",
     Scope::kNode,
     {},
     "admin metrics: by_host.rpc.reconnectCount"},
    {"replicawatch_minio_node_peer_ping_seconds",
     "The last round trip from this node to another one.",
     kGauge,
     "seconds",
     Scope::kNode,
     {},
     "admin metrics: by_host.rpc.lastPingMS"},
}};

/// The matrix grows with the square of the nodes.
constexpr size_t kWholeMatrix = 32;

std::optional<double> AsValue(std::optional<bool> state) {
  if (!state) return std::nullopt;
  return *state ? 1 : 0;
}

/// What other nodes tell of this one, also when it is away.
void EmitTold(const ToldOfNode& told, SampleSink& sink) {
  if (!told.version.empty()) sink.Add(kTable[kInfo], 1, {told.version, told.commit});
  sink.Add(kTable[kStart], told.start_unix_seconds);
}

void EmitConnections(const PeerConnections& connections, SampleSink& sink) {
  size_t connected = 0;
  const bool whole = connections.peers.size() < kWholeMatrix;
  for (const auto& [peer, is_connected] : connections.peers) {
    connected += is_connected;
    if (whole || !is_connected) sink.Add(kTable[kPeerConnected], is_connected, {peer});
  }
  sink.Add(kTable[kPeersConnected], static_cast<double>(connected));
  sink.Add(kTable[kPeersDisconnected], static_cast<double>(connections.peers.size() - connected));
  sink.Add(kTable[kReconnects], connections.reconnects);
  sink.Add(kTable[kPing], connections.ping_seconds);
}

}  // namespace

MetricTable NodeMetrics() { return kTable; }

void EmitNode(const NodeView& node, SampleSink& sink) {
  EmitTold(node.told, sink);
  sink.Add(kTable[kCertificateEnd], node.certificate_end_unix);
  if (!node.answered) return;
  sink.Add(kTable[kInitialized], node.initialized);
  sink.Add(kTable[kReady], AsValue(node.verdicts.ready));
  sink.Add(kTable[kSeesWriteQuorum], AsValue(node.verdicts.write_quorum));
  sink.Add(kTable[kSeesReadQuorum], AsValue(node.verdicts.read_quorum));
  sink.Add(kTable[kMayBeStopped], AsValue(node.verdicts.may_be_stopped));
  if (node.request_pool) {
    sink.Add(kTable[kPoolLimit], node.request_pool->limit);
    sink.Add(kTable[kPoolRemaining], node.request_pool->remaining);
  }
  if (node.told.connections) EmitConnections(*node.told.connections, sink);
}

void EmitNodes(const View& view, SampleSink& sink) {
  for (const NodeView& node : view.nodes) {
    sink.EnterMember(node.member);
    EmitNode(node, sink);
  }
}

}  // namespace replicawatch::minio
