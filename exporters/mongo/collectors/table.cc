#include "exporters/mongo/collectors/table.h"

#include <array>

namespace replicawatch::mongo {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 15> table = {{
      DeploymentCollector<View>(),
      {{"replication", "state, rollbacks and oplog of the members", true},
       ReplicationMetrics(),
       EmitReplication},
      {{"pipeline", "the oplog's way through each member, and initial syncs", true},
       PipelineMetrics(),
       EmitPipeline},
      {{"member_views", "each member as each other one sees it", true},
       MemberViewMetrics(),
       EmitMemberViews},
      {{"elections", "elections by reason, and who could be elected", true},
       ElectionMetrics(),
       EmitElections},
      {{"writes", "flow control, write concerns, blocks and locks", true},
       WriteMetrics(),
       EmitWrites},
      {{"configuration", "mistakes in the set's configuration, versions and upgrades", true},
       ConfigurationMetrics(),
       EmitConfiguration},
      {{"node",
        "each node by itself, as mongodb_exporter publishes it: besides those listed mongodb_ss_*, "
        "mongodb_rs_*, mongodb_sys_*, mongodb_oplog_stats_* and others after the fields of the "
        "server's answers, some 1,500 a node",
        false},
       NodeMetrics(),
       EmitNode},
      // From here on in the order of Topic.
      {{"dbstats", "each node's databases: mongodb_dbstats_* after the fields of dbStats", false},
       DbStatsMetrics(),
       EmitDbStats},
      {{"collstats",
        "each node's collections: mongodb_collstats_* after the fields of $collStats, some 25 "
        "each",
        false},
       CollStatsMetrics(),
       EmitCollStats},
      {{"indexstats", "how often each index is used", false}, IndexStatsMetrics(), EmitIndexStats},
      {{"top",
        "operations and their time by collection: mongodb_top_* after the fields of top, 18 each",
        false},
       TopMetrics(),
       EmitTop},
      {{"currentop", "operations that have been under way for long, by kind and collection", false},
       CurrentOpMetrics(),
       EmitCurrentOp},
      {{"profile", "entries of the profiler by database", false}, ProfileMetrics(), EmitProfile},
      {{"shards", "shards, chunks and balancer, of a mongos or a configuration server", false},
       ShardMetrics(),
       EmitShards},
  }};
  return table;
}

Topics TopicsOf(CollectorSet collectors) {
  constexpr size_t kNodeRow = 7;
  Topics topics;
  for (size_t row = kNodeRow; row < Collectors().size(); ++row)
    if (collectors.Has(row)) topics.Add(static_cast<Topic>(row - kNodeRow));
  return topics;
}

}  // namespace replicawatch::mongo
