#include "exporters/redis/view.h"

#include <algorithm>
#include <array>

#include "common/scrape/collector.h"

namespace replicawatch::redis {
namespace {

constexpr std::array<std::string_view, 3> kRoles = {"master", "replica", "sentinel"};
constexpr std::array<std::string_view, 5> kReasons = {"no_primary", "loading", "min_replicas",
                                                      "disk", "memory"};
constexpr Vocabulary kVocabulary = {"redis", kRoles, kReasons};

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kMaster:
      return "master";
    case Role::kReplica:
      return "replica";
    case Role::kSentinel:
      return "sentinel";
    case Role::kUnknown:
      break;
  }
  return {};
}

/// Everything about one group while it is joined.
class GroupJoin {
 public:
  GroupJoin(const GroupTopology& topology, const std::map<std::string, std::string>& aliases,
            std::span<const NodeFacts* const> nodes, const Histories& histories, TimePoint now)
      : topology_(topology), aliases_(aliases), now_(now) {
    for (const NodeFacts* node : nodes) {
      const std::string& name = NameOf(node->address);
      // A node that answers under its own name goes before the same node under a seed's name.
      const auto [place, added] = nodes_.emplace(name, node);
      if (!added && node->address == name) place->second = node;
    }
    if (const auto found = histories.find(topology.name); found != histories.end())
      history_ = &found->second;
    primary_ = FindPrimary();
  }

  GroupOverview Join() {
    GroupOverview group;
    group.name = topology_.name;
    for (const std::string& address : topology_.data_nodes)
      group.members.push_back(JoinDataNode(address));
    for (const std::string& address : topology_.sentinels) {
      const NodeFacts* node = Facts(address);
      group.members.push_back({address,
                               "sentinel",
                               node != nullptr && node->answered && !node->info->tilt,
                               {},
                               {},
                               {},
                               {},
                               {}});
    }
    if (topology_.epoch) group.term = static_cast<double>(*topology_.epoch);
    if (!AnyAnswered()) return group;
    group.primaries = static_cast<int>(std::count_if(
        topology_.data_nodes.begin(), topology_.data_nodes.end(),
        [&](const std::string& address) { return IsAnsweringMaster(Facts(address)); }));
    JoinWritable(group);
    JoinFailuresTolerated(group);
    JoinDataAtRisk(group);
    group.views.push_back({"primary", CountPrimaryViews()});
    return group;
  }

 private:
  const std::string& NameOf(const std::string& address) const {
    const auto alias = aliases_.find(address);
    return alias == aliases_.end() ? address : alias->second;
  }

  const NodeFacts* Facts(const std::string& address) const {
    const auto found = nodes_.find(address);
    return found == nodes_.end() ? nullptr : found->second;
  }

  static bool IsAnsweringMaster(const NodeFacts* node) {
    return node != nullptr && node->answered && node->role() == Role::kMaster;
  }

  bool AnyAnswered() const {
    return std::any_of(topology_.data_nodes.begin(), topology_.data_nodes.end(),
                       [&](const std::string& address) {
                         const NodeFacts* node = Facts(address);
                         return node != nullptr && node->answered;
                       });
  }

  /// The node that takes writes. Of several that claim to, the one that the Sentinels name.
  const NodeFacts* FindPrimary() const {
    if (IsAnsweringMaster(Facts(topology_.sentinel_master)))
      return Facts(topology_.sentinel_master);
    for (const std::string& address : topology_.data_nodes) {
      if (IsAnsweringMaster(Facts(address))) return Facts(address);
    }
    return nullptr;
  }

  bool IsPrimary(const std::string& address) const {
    return primary_ != nullptr && NameOf(primary_->address) == address;
  }

  /// What the node says; of a silent one what the Sentinels say; else what it said last.
  std::string_view RoleOf(const std::string& address, const NodeFacts* node) const {
    if (node != nullptr && node->answered) return RoleName(node->role());
    if (!topology_.sentinel_master.empty())
      return address == topology_.sentinel_master ? "master" : "replica";
    if (node != nullptr && node->info) return RoleName(node->role());
    // Named by a master as its replica, or by a replica as its master.
    const bool is_master = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
      return entry.second->info && entry.second->info->replication.master_address == address;
    });
    return is_master ? "master" : "replica";
  }

  Membership JoinDataNode(const std::string& address) const {
    const NodeFacts* node = Facts(address);
    Membership member;
    member.member = address;
    member.role = RoleOf(address, node);
    if (node == nullptr || !node->info) return member;
    const Replication& replication = node->info->replication;
    const bool linked = node->role() == Role::kMaster ||
                        (replication.master_link_up && !replication.sync_in_progress);
    member.healthy = node->answered && !node->info->loading && linked;
    if (member.role == "replica") JoinLag(replication, address, member);
    return member;
  }

  /// The further of what the replica said last and what it has acknowledged to its master since.
  std::optional<int64_t> PositionOf(const Replication& replica, const std::string& address) const {
    if (history_ == nullptr) return std::nullopt;
    std::optional<int64_t> position = history_->PositionOf(replica);
    if (!position || primary_ == nullptr) return position;
    for (const AttachedReplica& attached : primary_->info->replication.attached) {
      if (attached.address == address && attached.state == "online" && attached.offset) {
        position = std::max(*position, *attached.offset);
      }
    }
    return position;
  }

  void JoinLag(const Replication& replica, const std::string& address, Membership& member) const {
    const std::optional<int64_t> position = PositionOf(replica, address);
    if (!position || !history_->newest()) return;
    member.lag_bytes = static_cast<double>(std::max<int64_t>(*history_->newest() - *position, 0));
    if (const auto behind = history_->BehindFor(*position, now_)) {
      member.lag_seconds = Seconds(*behind);
    } else if (replica.link_down_seconds) {
      // Behind since before this process began to watch.
      member.lag_seconds = static_cast<double>(*replica.link_down_seconds);
    }
    JoinHeadroom(*position, member);
  }

  /// A replica resumes from the backlog as long as the byte after its position is still there.
  void JoinHeadroom(int64_t position, Membership& member) const {
    if (primary_ == nullptr) return;
    const Replication& master = primary_->info->replication;
    if (!master.backlog_first_byte || !master.backlog_size || !master.backlog_length ||
        *master.backlog_size <= 0)
      return;
    const int64_t unused = std::max<int64_t>(*master.backlog_size - *master.backlog_length, 0);
    const auto headroom = static_cast<double>(position - (*master.backlog_first_byte - 1) + unused);
    member.headroom_bytes = headroom;
    member.headroom_ratio = headroom / static_cast<double>(*master.backlog_size);
  }

  void JoinWritable(GroupOverview& group) const {
    auto& reasons = group.blocked_reasons;
    if (primary_ == nullptr) {
      reasons.push_back("no_primary");
    } else {
      const Info& info = *primary_->info;
      const std::optional<int64_t> good = info.replication.good_replicas;
      if (info.loading) reasons.push_back("loading");
      if (good && *good < RequiredReplicas()) reasons.push_back("min_replicas");
      if (primary_->writes_refused) reasons.push_back("disk");
      if (info.max_memory_policy == "noeviction" && info.max_memory_bytes.value_or(0) > 0 &&
          info.used_memory_bytes.value_or(0) >= *info.max_memory_bytes) {
        reasons.push_back("memory");
      }
    }
    group.writable = reasons.empty();
  }

  /// min-replicas-to-write. Where CONFIG is not allowed INFO still tells that it is set: then it is
  /// 1 at least.
  int64_t RequiredReplicas() const {
    for (const auto& [address, node] : nodes_) {
      if (!node->info || !topology_.data_nodes.contains(address)) continue;
      if (const auto required = node->required_replicas()) return *required;
      if (node->info->replication.good_replicas) return 1;
    }
    return 0;
  }

  /// By Sentinel's own rule, as far as INFO tells: a priority above 0 and a link that is not broken
  /// for long. While there is no primary no link can be up.
  bool IsPromotable(const NodeFacts* node) const {
    if (node == nullptr || !node->answered || node->role() != Role::kReplica || node->info->loading)
      return false;
    const Replication& replication = node->info->replication;
    if (replication.priority.value_or(100) == 0 || replication.sync_in_progress) return false;
    return replication.master_link_up || primary_ == nullptr;
  }

  void JoinFailuresTolerated(GroupOverview& group) const {
    int able = primary_ != nullptr ? 1 : 0;  // to be master
    int readable = 0;
    for (const std::string& address : topology_.data_nodes) {
      const NodeFacts* node = Facts(address);
      if (IsPromotable(node)) ++able;
      if (node != nullptr && node->answered && !node->info->loading) ++readable;
    }
    int write = able - 1 - static_cast<int>(RequiredReplicas());
    if (topology_.sentinels.empty()) {
      // Nobody promotes a replica: the loss of the master stops the writes.
      write = std::min(write, primary_ != nullptr ? 0 : -1);
    } else {
      write = std::min(write, SpareSentinels());
    }
    group.failures_tolerated.push_back({"write", write});
    group.failures_tolerated.push_back({"read", readable - 1});
  }

  /// A failover needs the quorum to agree that the master is down, and a majority of all known
  /// Sentinels to elect a leader.
  int SpareSentinels() const {
    const auto known = static_cast<int>(topology_.sentinels.size());
    const auto usable = static_cast<int>(std::count_if(
        topology_.sentinels.begin(), topology_.sentinels.end(), [&](const std::string& address) {
          const NodeFacts* node = Facts(address);
          return node != nullptr && node->answered && !node->info->tilt;
        }));
    return usable - std::max(known / 2 + 1, static_cast<int>(topology_.quorum.value_or(1)));
  }

  void JoinDataAtRisk(GroupOverview& group) const {
    if (primary_ == nullptr) return;
    for (const Membership& member : group.members) {
      if (!IsPromotable(Facts(member.member))) continue;
      const auto least = [](std::optional<double>& risk, const std::optional<double>& lag) {
        if (lag) risk = risk ? std::min(*risk, *lag) : *lag;
      };
      least(group.data_at_risk_seconds, member.lag_seconds);
      least(group.data_at_risk_bytes, member.lag_bytes);
    }
  }

  int CountPrimaryViews() const {
    std::set<std::string> answers;
    for (const auto& [address, node] : nodes_) {
      if (!node->answered) continue;
      if (topology_.sentinels.contains(address)) {
        for (const SentinelMaster& known : node->masters) {
          if (known.master.name == topology_.name) answers.insert(NameOf(known.master.address));
        }
      } else if (topology_.data_nodes.contains(address)) {
        const bool master = node->role() == Role::kMaster;
        answers.insert(NameOf(master ? address : node->info->replication.master_address));
      }
    }
    return static_cast<int>(answers.size());
  }

  const GroupTopology& topology_;
  const std::map<std::string, std::string>& aliases_;
  const TimePoint now_;
  std::map<std::string, const NodeFacts*> nodes_;  // by the deployment's name
  const ReplicationHistory* history_ = nullptr;
  const NodeFacts* primary_ = nullptr;
};

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

NodeView JoinNode(const NodeFacts& node) {
  NodeView view;
  view.member = node.address;
  if (!node.answered || node.info_text == nullptr) return view;
  view.info = node.info_text;
  view.start_time_seconds = node.start_time_seconds;
  view.masters = node.masters;
  view.settings = node.settings;
  view.slow_log_length = node.slow_log_length;
  view.slow_log_last = node.slow_log_last;
  return view;
}

void JoinReplicas(const GroupTopology& group, std::span<const NodeFacts* const> nodes, View& view) {
  for (const NodeFacts* node : nodes) {
    if (!node->answered || node->role() != Role::kReplica ||
        !group.data_nodes.contains(node->address))
      continue;
    const Replication& replication = node->info->replication;
    view.replicas.push_back(
        {group.name, node->address, replication.master_link_up, replication.sync_in_progress});
  }
}

}  // namespace

const Vocabulary& RedisVocabulary() { return kVocabulary; }

void ObserveMasters(std::span<const NodeFacts* const> nodes, const Topology& topology,
                    TimePoint now, Histories& histories) {
  for (const GroupTopology& group : topology.groups) {
    for (const NodeFacts* node : nodes) {
      const bool claims = node->answered && node->role() == Role::kMaster &&
                          group.data_nodes.contains(node->address);
      // An old master that comes back claims to be one until the Sentinels tell it otherwise.
      const bool other_is_named =
          !group.sentinel_master.empty() && node->address != group.sentinel_master;
      if (claims && !other_is_named) histories[group.name].Observe(node->info->replication, now);
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
  for (const GroupTopology& group : topology.groups) {
    view.overview.groups.push_back(
        GroupJoin(group, topology.aliases, nodes, histories, now).Join());
    JoinReplicas(group, nodes, view);
  }
  return view;
}

}  // namespace replicawatch::redis
