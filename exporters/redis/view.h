#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/deployment/overview.h"
#include "exporters/redis/cluster_view.h"
#include "exporters/redis/facts.h"
#include "exporters/redis/group_view.h"
#include "exporters/redis/replication_history.h"
#include "exporters/redis/survey_results.h"
#include "exporters/redis/topology.h"

namespace replicawatch::redis {

/// The last heartbeat that came to one replica.
struct HeartbeatView {
  std::string group;
  std::string member;
  double delay_seconds = 0;  ///< from the master
  double age_seconds = 0;
};

/// One node by itself.
struct NodeView {
  std::string member;
  std::shared_ptr<const InfoText> info;          ///< null while it does not answer
  std::shared_ptr<const InfoText> cluster_info;  ///< of a Cluster node that answers
  std::shared_ptr<const NodeExtras> extras;      ///< null while it does not answer
  std::optional<double> start_time_seconds;
  std::vector<SentinelMaster> masters;  ///< of a Sentinel
  Settings settings;
  std::optional<int64_t> slow_log_length;
  std::optional<SlowLogEntry> slow_log_last;
  std::shared_ptr<const SurveyResults> survey;  ///< null before the first, and where there is none
  double survey_age_seconds = 0;
};

/// The whole deployment, joined: immutable once made.
struct View {
  Overview overview;
  std::vector<GroupState> groups;
  std::vector<ReplicaView> replicas;
  std::optional<ClusterView> cluster;     ///< where the nodes are of one
  std::vector<HeartbeatView> heartbeats;  ///< with the collector heartbeat
  std::vector<NodeView> nodes;            ///< all, each once, by member
};

/// The streams of the groups, by group name.
using Histories = std::map<std::string, ReplicationHistory>;

const Vocabulary& RedisVocabulary();

/// Adds what the masters have now to the histories; `unix_now` is the time of day of `now`.
void ObserveMasters(std::span<const NodeFacts* const> nodes, const Topology& topology,
                    TimePoint now, double unix_now, Histories& histories);

/// What one node says by itself; without `info` while it does not answer.
NodeView JoinNode(const NodeFacts& node);

/// Joins the facts of all nodes. Pure: `now` is the only clock.
View JoinView(std::span<const NodeFacts* const> nodes, const Topology& topology,
              const Histories& histories, const std::string& cluster, TimePoint now);

}  // namespace replicawatch::redis
