#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "exporters/redis/extras.h"
#include "exporters/redis/parse/cluster.h"
#include "exporters/redis/parse/info.h"
#include "exporters/redis/parse/sentinel.h"
#include "exporters/redis/parse/slow_log.h"

namespace replicawatch::redis {

constexpr const char* kMinReplicas = "min-replicas-to-write";
constexpr const char* kBufferLimits = "client-output-buffer-limit";

/// Empty when the setting is not known.
inline std::string_view SettingOf(const Settings& settings, const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string_view() : std::string_view(found->second);
}

/// All that is known of one node: what it said last, and whether it still says anything. Facts of a
/// silent node stay, so that it keeps its role and its position in the stream.
struct NodeFacts {
  std::string address;
  bool answered = false;       ///< the last query was answered within its budget
  std::optional<Error> error;  ///< of the last query; with `answered` one that concerns a part only
  double seconds = 0;          ///< duration of the last probe
  std::optional<Info> info;
  std::shared_ptr<const InfoText>
      info_text;  ///< what `info` was read from; null without the collector node
  std::optional<double> start_time_seconds;  ///< of the server; steady as long as it runs
  std::vector<SentinelMaster> masters;       ///< of a Sentinel: by master name
  bool writes_refused =
      false;          ///< PING answered MISCONF: the disk does not take what must be saved
  Settings settings;  ///< where CONFIG GET is allowed
  std::optional<int64_t> slow_log_length;     ///< SLOWLOG LEN
  std::optional<SlowLogEntry> slow_log_last;  ///< SLOWLOG GET 1
  std::vector<Client> replica_links;          ///< CLIENT LIST TYPE replica
  std::string master_link;  ///< CLIENT LIST TYPE master: its own end of the link; of a replica that
                            ///< is in no full sync
  std::shared_ptr<const NodeExtras> extras;  ///< of the last probe; null before the first
  // Of a Cluster node:
  std::vector<ClusterNode> cluster_nodes;        ///< CLUSTER NODES: all, as this one sees them
  std::optional<ClusterNode> cluster_self;       ///< how it describes itself in it
  ClusterState cluster_state;                    ///< CLUSTER INFO
  std::shared_ptr<const InfoText> cluster_text;  ///< the same, for the collector node
  std::string shard_id;                          ///< CLUSTER MYSHARDID, since 7.2
  std::optional<double> clock_skew_seconds;

  /// min-replicas-to-write
  std::optional<int64_t> required_replicas() const {
    return ParseInt(SettingOf(settings, kMinReplicas));
  }

  Role role() const { return info ? info->replication.role : Role::kUnknown; }
};

}  // namespace replicawatch::redis
