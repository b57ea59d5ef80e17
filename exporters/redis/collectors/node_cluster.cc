// The families of redis_exporter 1.x that are one line of CLUSTER INFO each: how one node sees the
// Cluster.

#include <array>
#include <unordered_map>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

constexpr std::string_view kCommand = "CLUSTER INFO ";

// The line of CLUSTER INFO is what follows kCommand in the source.
constexpr auto kTable = std::to_array<MetricDesc>({
    Gauge("CLUSTER INFO cluster_state", "redis_cluster_state",
          "1 if the node sees a Cluster that serves its slots."),
    Gauge("CLUSTER INFO cluster_slots_assigned", "redis_cluster_slots_assigned",
          "Slots that have an owner."),
    Gauge("CLUSTER INFO cluster_slots_ok", "redis_cluster_slots_ok",
          "Slots whose owner this node can reach."),
    Gauge("CLUSTER INFO cluster_slots_pfail", "redis_cluster_slots_pfail",
          "Slots of masters that this node can't reach."),
    Gauge("CLUSTER INFO cluster_slots_fail", "redis_cluster_slots_fail",
          "Slots of masters that the majority can't reach."),
    Gauge("CLUSTER INFO cluster_known_nodes", "redis_cluster_known_nodes",
          "Nodes that this one knows."),
    Gauge("CLUSTER INFO cluster_size", "redis_cluster_size", "Masters with slots."),
    Gauge("CLUSTER INFO cluster_current_epoch", "redis_cluster_current_epoch",
          "Newest epoch that this node has seen."),
    Gauge("CLUSTER INFO cluster_my_epoch", "redis_cluster_my_epoch",
          "Config epoch of this node; of a replica its master's."),
    Gauge("CLUSTER INFO cluster_stats_messages_sent", "redis_cluster_messages_sent_total",
          "Messages sent over the bus."),
    Gauge("CLUSTER INFO cluster_stats_messages_ping_sent", "redis_cluster_stats_messages_ping_sent",
          "Messages sent over the bus: PING."),
    Gauge("CLUSTER INFO cluster_stats_messages_pong_sent", "redis_cluster_stats_messages_pong_sent",
          "Messages sent over the bus: PONG."),
    Gauge("CLUSTER INFO cluster_stats_messages_meet_sent", "redis_cluster_stats_messages_meet_sent",
          "Messages sent over the bus: MEET."),
    Gauge("CLUSTER INFO cluster_stats_messages_fail_sent", "redis_cluster_stats_messages_fail_sent",
          "Messages sent over the bus: FAIL."),
    Gauge("CLUSTER INFO cluster_stats_messages_publish_sent",
          "redis_cluster_stats_messages_publish_sent", "Messages sent over the bus: PUBLISH."),
    Gauge("CLUSTER INFO cluster_stats_messages_publishshard_sent",
          "redis_cluster_stats_messages_publishshard_sent",
          "Messages sent over the bus: PUBLISHSHARD."),
    Gauge("CLUSTER INFO cluster_stats_messages_auth-req_sent",
          "redis_cluster_stats_messages_auth_req_sent",
          "Messages sent over the bus: votes asked for."),
    Gauge("CLUSTER INFO cluster_stats_messages_auth-ack_sent",
          "redis_cluster_stats_messages_auth_ack_sent", "Messages sent over the bus: votes given."),
    Gauge("CLUSTER INFO cluster_stats_messages_update_sent",
          "redis_cluster_stats_messages_update_sent", "Messages sent over the bus: UPDATE."),
    Gauge("CLUSTER INFO cluster_stats_messages_mfstart_sent",
          "redis_cluster_stats_messages_mfstart_sent", "Messages sent over the bus: MFSTART."),
    Gauge("CLUSTER INFO cluster_stats_messages_module_sent",
          "redis_cluster_stats_messages_module_sent", "Messages sent over the bus: modules."),
    Gauge("CLUSTER INFO cluster_stats_messages_received", "redis_cluster_messages_received_total",
          "Messages received over the bus."),
    Gauge("CLUSTER INFO cluster_stats_messages_ping_received",
          "redis_cluster_stats_messages_ping_received", "Messages received over the bus: PING."),
    Gauge("CLUSTER INFO cluster_stats_messages_pong_received",
          "redis_cluster_stats_messages_pong_received", "Messages received over the bus: PONG."),
    Gauge("CLUSTER INFO cluster_stats_messages_meet_received",
          "redis_cluster_stats_messages_meet_received", "Messages received over the bus: MEET."),
    Gauge("CLUSTER INFO cluster_stats_messages_fail_received",
          "redis_cluster_stats_messages_fail_received", "Messages received over the bus: FAIL."),
    Gauge("CLUSTER INFO cluster_stats_messages_publish_received",
          "redis_cluster_stats_messages_publish_received",
          "Messages received over the bus: PUBLISH."),
    Gauge("CLUSTER INFO cluster_stats_messages_publishshard_received",
          "redis_cluster_stats_messages_publishshard_received",
          "Messages received over the bus: PUBLISHSHARD."),
    Gauge("CLUSTER INFO cluster_stats_messages_auth-req_received",
          "redis_cluster_stats_messages_auth_req_received",
          "Messages received over the bus: votes asked for."),
    Gauge("CLUSTER INFO cluster_stats_messages_auth-ack_received",
          "redis_cluster_stats_messages_auth_ack_received",
          "Messages received over the bus: votes given."),
    Gauge("CLUSTER INFO cluster_stats_messages_update_received",
          "redis_cluster_stats_messages_update_received",
          "Messages received over the bus: UPDATE."),
    Gauge("CLUSTER INFO cluster_stats_messages_mfstart_received",
          "redis_cluster_stats_messages_mfstart_received",
          "Messages received over the bus: MFSTART."),
    Gauge("CLUSTER INFO cluster_stats_messages_module_received",
          "redis_cluster_stats_messages_module_received",
          "Messages received over the bus: modules."),
});

using Index = std::unordered_map<std::string_view, const MetricDesc*>;

const Index& ByLine() {
  static const Index index = [] {
    Index made;
    for (const MetricDesc& desc : kTable) made.emplace(desc.source.substr(kCommand.size()), &desc);
    return made;
  }();
  return index;
}

}  // namespace

MetricTable NodeClusterMetrics() { return kTable; }

void EmitNodeCluster(const NodeView& node, SampleSink& sink) {
  if (node.cluster_info == nullptr) return;
  for (const InfoLine& line : node.cluster_info->lines()) {
    const auto found = ByLine().find(line.name);
    if (found == ByLine().end()) continue;
    if (line.name == "cluster_state") {
      sink.Add(*found->second, line.value == "ok");
    } else {
      sink.Add(*found->second, ParseDouble(line.value));
    }
  }
}

}  // namespace replicawatch::redis
