#include "exporters/redis/view.h"

#include <algorithm>
#include <array>

#include "common/scrape/collector.h"
#include "exporters/redis/cluster_view.h"
#include "exporters/redis/group_view.h"

namespace replicawatch::redis {
namespace {

constexpr std::array<std::string_view, 3> kRoles = {"master", "replica", "sentinel"};
constexpr std::array<std::string_view, 6> kReasons = {"no_primary", "loading", "min_replicas",
                                                      "disk",       "memory",  "cluster_down"};
constexpr Vocabulary kVocabulary = {"redis", kRoles, kReasons};

/// Adds what the group's nodes hold back for their replicas.
void JoinBuffers(const GroupTopology& group, const Topology& topology,
                 const NodesByAddress& by_address, GroupView& view) {
  for (const std::string& address : group.data_nodes) {
    const auto parent = by_address.find(address);
    if (parent == by_address.end() || !parent->second->answered) continue;
    for (const Client& link : parent->second->replica_links) {
      auto& largest = view.state.largest_buffer_bytes;
      if (link.output_bytes()) largest = std::max(largest.value_or(0), *link.output_bytes());
    }
    const auto buffers = BuffersOf(*parent->second, topology, by_address);
    for (ReplicaView& replica : view.replicas) {
      const auto buffer = buffers.find(replica.member);
      if (buffer != buffers.end()) replica.buffer = buffer->second;
    }
  }
}

MemberOverview JoinMember(const NodeFacts& node) {
  MemberOverview member;
  member.name = node.address;
  member.up = node.answered;
  member.error = node.error;
  if (node.answered) member.clock_skew_seconds = node.clock_skew_seconds;
  member.outcomes.push_back(
      {kDeploymentCollectorInfo.name, node.answered && !node.error, node.seconds});
  return member;
}

/// A node that answers under its own name goes before the same node under a seed's name.
NodesByAddress ByAddress(std::span<const NodeFacts* const> nodes, const Topology& topology) {
  NodesByAddress by_address;
  for (const NodeFacts* node : nodes) {
    const auto alias = topology.aliases.find(node->address);
    const std::string& name = alias == topology.aliases.end() ? node->address : alias->second;
    const auto [place, added] = by_address.emplace(name, node);
    if (!added && node->address == name) place->second = node;
  }
  return by_address;
}

}  // namespace

const Vocabulary& RedisVocabulary() { return kVocabulary; }

NodeView JoinNode(const NodeFacts& node) {
  NodeView view;
  view.member = node.address;
  if (!node.answered || node.info_text == nullptr) return view;
  view.info = node.info_text;
  if (node.info->cluster) view.cluster_info = node.cluster_text;
  view.extras = node.extras;
  view.start_time_seconds = node.start_time_seconds;
  view.masters = node.masters;
  view.settings = node.settings;
  view.slow_log_length = node.slow_log_length;
  view.slow_log_last = node.slow_log_last;
  return view;
}

void ObserveMasters(std::span<const NodeFacts* const> nodes, const Topology& topology,
                    TimePoint now, double unix_now, Histories& histories) {
  for (const GroupTopology& group : topology.groups) {
    for (const NodeFacts* node : nodes) {
      const bool claims = node->answered && node->role() == Role::kMaster &&
                          group.data_nodes.contains(node->address);
      // An old master that comes back claims to be one until the Sentinels tell it otherwise.
      const bool other_is_named =
          !group.named_master.empty() && node->address != group.named_master;
      if (claims && !other_is_named)
        histories[group.name].Observe(node->info->replication, now, unix_now);
    }
  }
  std::erase_if(histories, [&](const auto& entry) {
    return std::none_of(topology.groups.begin(), topology.groups.end(),
                        [&](const GroupTopology& group) { return group.name == entry.first; });
  });
}

View JoinView(std::span<const NodeFacts* const> nodes, const Topology& topology,
              const Histories& histories, const std::string& cluster, TimePoint now) {
  View view;
  view.overview.vocabulary = &kVocabulary;
  view.overview.cluster = cluster;
  for (const NodeFacts* node : nodes) {
    if (topology.aliases.contains(node->address)) continue;
    view.overview.members.push_back(JoinMember(*node));
    view.nodes.push_back(JoinNode(*node));
  }
  std::sort(view.overview.members.begin(), view.overview.members.end(),
            [](const MemberOverview& a, const MemberOverview& b) { return a.name < b.name; });
  std::sort(view.nodes.begin(), view.nodes.end(),
            [](const NodeView& a, const NodeView& b) { return a.member < b.member; });
  const NodesByAddress by_address = ByAddress(nodes, topology);
  for (const GroupTopology& group : topology.groups) {
    const auto history = histories.find(group.name);
    GroupView joined = JoinGroup(group, topology, by_address,
                                 history == histories.end() ? nullptr : &history->second, now);
    JoinBuffers(group, topology, by_address, joined);
    view.overview.groups.push_back(std::move(joined.overview));
    for (ReplicaView& replica : joined.replicas) view.replicas.push_back(std::move(replica));
    view.groups.push_back(std::move(joined.state));
  }
  view.cluster = JoinCluster(nodes, topology, view.overview);
  return view;
}

}  // namespace replicawatch::redis
