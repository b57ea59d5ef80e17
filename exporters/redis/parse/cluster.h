#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/redis/parse/info_text.h"

namespace replicawatch::redis {

constexpr int kSlots = 16384;

/// Hash slots from first to last, both included.
struct SlotRange {
  int first = 0;
  int last = 0;

  bool operator==(const SlotRange&) const = default;
  bool Overlaps(const SlotRange& other) const { return first <= other.last && other.first <= last; }
};

/// One node as a node of the Cluster sees it: a line of CLUSTER NODES.
struct ClusterNode {
  std::string id;
  std::string address;    ///< host:port for clients; empty while it is not known
  std::string flags;      ///< comma-separated: "myself,master", "slave,fail?"
  std::string master_id;  ///< of a replica
  std::optional<int64_t> config_epoch;
  bool link_up = false;  ///< of the cluster bus
  std::vector<SlotRange> slots;
  int migrating = 0;  ///< slots on their way to another node
  int importing = 0;  ///< slots on their way from another node

  bool HasFlag(std::string_view flag) const;
  bool is_myself() const { return HasFlag("myself"); }
  bool is_master() const { return HasFlag("master"); }
};

/// Reads the answer to CLUSTER NODES, Redis 3.0 to 8 and Valkey. Lines that are none are left out;
/// fails when none is left. Pure.
Result<std::vector<ClusterNode>> ParseClusterNodes(std::string_view text);

/// What the joined view needs of CLUSTER INFO: how the node that answers sees the Cluster.
struct ClusterState {
  bool ok = false;  ///< cluster_state: it would serve its slots
  std::optional<int64_t> slots_assigned;
  std::optional<int64_t> slots_pfail;  ///< of nodes that this one can't reach
  std::optional<int64_t> slots_fail;   ///< of nodes that the majority can't reach
  std::optional<int64_t> current_epoch;
};

/// Fails when the answer has no cluster_state. Pure.
Result<ClusterState> ParseClusterState(const InfoText& text);

}  // namespace replicawatch::redis
