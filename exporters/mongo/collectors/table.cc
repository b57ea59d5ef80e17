#include "exporters/mongo/collectors/table.h"

#include <array>

namespace replicawatch::mongo {

std::span<const Collector<View>> Collectors() {
  static const std::array<Collector<View>, 8> table = {{
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
  }};
  return table;
}

}  // namespace replicawatch::mongo
