// A Cluster as a whole: what no node of it tells alone.

#include <array>

#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t {
  kUncovered,
  kPfail,
  kFail,
  kOpen,
  kBareShards,
  kSlotMaps,
  kSpareMasters,
  kIndexSize,
};

constexpr MetricDesc Fact(std::string_view name, std::string_view help, std::string_view source,
                          const decltype(MetricDesc::labels)& labels = {}) {
  return {name, help, MetricType::kGauge, "", Scope::kCluster, labels, source};
}

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Fact("replicawatch_redis_cluster_slots_uncovered", "Slots that no master serves.",
         "CLUSTER NODES"),
    Fact("replicawatch_redis_cluster_slots_pfail",
         "Slots of masters that the best informed node can't reach.",
         "CLUSTER INFO: cluster_slots_pfail"),
    Fact("replicawatch_redis_cluster_slots_fail",
         "Slots of masters that the majority of masters can't reach.",
         "CLUSTER INFO: cluster_slots_fail"),
    Fact("replicawatch_redis_cluster_open_slots",
         "Slots on their way between two masters, as the old owners (migrating) and the new ones "
         "(importing) tell; they stay open when a resharding breaks off.",
         "CLUSTER NODES of each node: [slot->-id], [slot-<-id]", {"state"}),
    Fact("replicawatch_redis_cluster_shards_without_replica",
         "Shards without a replica that does its job: the loss of their master stops their writes.",
         "CLUSTER NODES, INFO replication"),
    Fact("replicawatch_redis_cluster_slot_maps",
         "Distinct maps of the slots among the nodes that answered; 1 means that they agree.",
         "CLUSTER NODES of each node"),
    Fact("replicawatch_redis_cluster_spare_masters",
         "Masters that may still be lost before no majority is left to elect; negative: already "
         "lost.",
         "CLUSTER NODES, and which masters answer"),
}};

}  // namespace

MetricTable ClusterMetrics() { return kTable; }

void EmitCluster(const View& view, SampleSink& sink) {
  if (!view.cluster) return;
  const ClusterView& cluster = *view.cluster;
  sink.Add(kTable[kUncovered], cluster.slots_uncovered);
  sink.Add(kTable[kPfail], cluster.slots_pfail);
  sink.Add(kTable[kFail], cluster.slots_fail);
  sink.Add(kTable[kOpen], cluster.slots_migrating, {"migrating"});
  sink.Add(kTable[kOpen], cluster.slots_importing, {"importing"});
  sink.Add(kTable[kBareShards], cluster.shards_without_replica);
  sink.Add(kTable[kSlotMaps], cluster.slot_maps);
  sink.Add(kTable[kSpareMasters], cluster.spare_masters);
}

}  // namespace replicawatch::redis
