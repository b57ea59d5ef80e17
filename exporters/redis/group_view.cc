#include "exporters/redis/group_view.h"

#include <algorithm>
#include <set>

#include "exporters/redis/cluster_topology.h"

namespace replicawatch::redis {
namespace {

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
  GroupJoin(const GroupTopology& group, const Topology& topology, const NodesByAddress& nodes,
            const ReplicationHistory* history, TimePoint now)
      : topology_(group),
        aliases_(topology.aliases),
        slot_masters_(topology.slot_masters),
        now_(now),
        nodes_(nodes),
        history_(history),
        primary_(FindPrimary()),
        promotion_(group, nodes, primary_ != nullptr) {}

  GroupView Join() const {
    GroupView view;
    GroupOverview& group = view.overview;
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
    JoinReplicas(view);
    view.state.name = topology_.name;
    view.state.sentinels = JoinSentinels(topology_, nodes_);
    JoinFailover(group, view.state);
    JoinRestart(view.state);
    if (!IsKnown()) return view;
    group.primaries = static_cast<int>(std::count_if(
        topology_.data_nodes.begin(), topology_.data_nodes.end(),
        [&](const std::string& address) { return IsAnsweringMaster(Facts(address)); }));
    JoinWritable(group);
    JoinFailuresTolerated(group);
    JoinDataAtRisk(group);
    JoinViews(group);
    return view;
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

  /// In a Cluster a master without slots takes no writes.
  static bool IsAnsweringMaster(const NodeFacts* node) {
    return node != nullptr && node->answered && node->role() == Role::kMaster &&
           (!node->cluster_self || !node->cluster_self->slots.empty());
  }

  /// While no data node answers nothing is known of the group (the exporter's password may be
  /// wrong), unless those that answer have agreed that its master is down.
  bool IsKnown() const {
    return topology_.master_is_down ||
           std::any_of(topology_.data_nodes.begin(), topology_.data_nodes.end(),
                       [&](const std::string& address) {
                         const NodeFacts* node = Facts(address);
                         return node != nullptr && node->answered;
                       });
  }

  /// The node that takes writes. Of several that claim to, the one that the Sentinels or the
  /// Cluster name.
  const NodeFacts* FindPrimary() const {
    if (IsAnsweringMaster(Facts(topology_.named_master))) return Facts(topology_.named_master);
    for (const std::string& address : topology_.data_nodes) {
      if (IsAnsweringMaster(Facts(address))) return Facts(address);
    }
    return nullptr;
  }

  bool IsPrimary(const std::string& address) const {
    return primary_ != nullptr && NameOf(primary_->address) == address;
  }

  /// What the node says; of a silent one what the Sentinels or the Cluster say; else what it said
  /// last.
  std::string_view RoleOf(const std::string& address, const NodeFacts* node) const {
    if (node != nullptr && node->answered) return RoleName(node->role());
    if (!topology_.named_master.empty())
      return address == topology_.named_master ? "master" : "replica";
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
    // Of two masters one has no business to be one.
    const bool linked = node->role() == Role::kMaster
                            ? primary_ == nullptr || IsPrimary(address)
                            : replication.master_link_up && !replication.sync_in_progress;
    member.healthy = node->answered && !node->info->loading && linked;
    if (member.role == "replica") JoinLag(replication, address, member);
    return member;
  }

  /// The further of what the replica said last and what it has acknowledged to its master since.
  std::optional<int64_t> PositionOf(const Replication& replica, const std::string& address) const {
    if (history_ == nullptr) return std::nullopt;
    std::optional<int64_t> position = history_->PositionOf(replica);
    if (!position) return position;
    if (const auto acknowledged = AcknowledgedBy(address))
      position = std::max(*position, *acknowledged);
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
    const std::optional<double> rate = history_->BytesPerSecond(now_);
    if (rate && *rate > 0) member.headroom_seconds = std::max(headroom, 0.0) / *rate;
  }

  /// By the server's own rule (getMaxmemoryState): the buffers of replicas and AOF don't count.
  static bool IsMemoryFull(const Info& info) {
    const int64_t limit = info.max_memory_bytes.value_or(0);
    const int64_t counted = info.used_memory_bytes.value_or(0) - info.not_counted_bytes.value_or(0);
    return limit > 0 && info.max_memory_policy == "noeviction" && counted > limit;
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
      if (primary_->cluster_self && !primary_->cluster_state.ok) reasons.push_back("cluster_down");
      if (IsMemoryFull(info)) reasons.push_back("memory");
    }
    group.writable = reasons.empty();
  }

  /// min-replicas-to-write. Where CONFIG is not allowed INFO still tells that it is set: then it is
  /// 1 at least.
  int64_t RequiredReplicas() const {
    if (primary_ != nullptr && primary_->required_replicas()) return *primary_->required_replicas();
    for (const auto& [address, node] : nodes_) {
      if (!node->info || !topology_.data_nodes.contains(address)) continue;
      if (const auto required = node->required_replicas()) return *required;
      if (node->info->replication.good_replicas) return 1;
    }
    return 0;
  }

  bool IsPromotable(const std::string& address) const {
    const NodeFacts* node = Facts(address);
    return node != nullptr && node->role() == Role::kReplica && promotion_.Bars(node).empty();
  }

  void JoinReplicas(GroupView& view) const {
    for (const Membership& member : view.overview.members) {
      if (member.role != "replica") continue;
      const NodeFacts* node = Facts(member.member);
      ReplicaView& replica = view.replicas.emplace_back();
      replica.group = topology_.name;
      replica.member = member.member;
      replica.bars = promotion_.Bars(node);
      if (node == nullptr || !node->info) continue;
      if (primary_ != nullptr)
        replica.next_sync_is_partial = NextSyncIsPartial(*node, member.member);
      if (!node->answered) continue;
      replica.link_up = node->info->replication.master_link_up;
      const Replication& replication = node->info->replication;
      replica.sync_in_progress = replication.sync_in_progress;
      replica.writable = !replication.read_only;
    }
  }

  /// The offset that the master has of the replica, which may be newer than what a silent one said
  /// last.
  std::optional<int64_t> AcknowledgedBy(const std::string& address) const {
    if (primary_ == nullptr) return std::nullopt;
    for (const AttachedReplica& attached : primary_->info->replication.attached) {
      if (attached.address == address && attached.state == "online") return attached.offset;
    }
    return std::nullopt;
  }

  bool NextSyncIsPartial(const NodeFacts& node, const std::string& address) const {
    const Replication& replica = node.info->replication;
    if (!replica.replica_offset) return false;
    const int64_t has = std::max(*replica.replica_offset, AcknowledgedBy(address).value_or(0));
    return CanResume(replica.id, has, primary_->info->replication);
  }

  /// What the Sentinels tell of the last failover goes before what this process has seen of it.
  void JoinFailover(GroupOverview& group, GroupState& state) const {
    if (history_ != nullptr) state.failovers = history_->failovers();
    if (history_ != nullptr && history_->last_failover()) {
      const Failover& last = *history_->last_failover();
      state.lost_bytes = last.lost_bytes;
      group.last_failover_timestamp_seconds = last.unix_seconds;
      group.last_failover_duration_seconds = last.gap_seconds;
    }
    const std::optional<SentinelsView>& sentinels = state.sentinels;
    if (sentinels && sentinels->master_since)
      group.last_failover_timestamp_seconds = sentinels->master_since;
    if (sentinels && !sentinels->each.empty())
      state.failover_in_progress = sentinels->failover_in_progress;
    if (primary_ == nullptr) return;
    const bool by_command = primary_->info->replication.failover_in_progress;
    state.failover_in_progress = state.failover_in_progress.value_or(false) || by_command;
  }

  void JoinRestart(GroupState& state) const {
    if (primary_ == nullptr) return;
    // A master that starts empty makes its replicas empty.
    const auto save = primary_->settings.find("save");
    if (save != primary_->settings.end() && primary_->info->aof_enabled) {
      state.restart_would_wipe = save->second.empty() && !*primary_->info->aof_enabled &&
                                 !primary_->info->replication.attached.empty();
    }
  }

  void JoinFailuresTolerated(GroupOverview& group) const {
    int able = primary_ != nullptr ? 1 : 0;  // to be master
    int readable = 0;
    for (const std::string& address : topology_.data_nodes) {
      const NodeFacts* node = Facts(address);
      if (IsPromotable(address)) ++able;
      if (node != nullptr && node->answered && !node->info->loading) ++readable;
    }
    const auto required = static_cast<int>(RequiredReplicas());
    int write = able - 1 - required;
    if (primary_ != nullptr && primary_->info->replication.good_replicas) {
      // Those of another replica don't count, and those that lag don't either.
      write =
          std::min(write, static_cast<int>(*primary_->info->replication.good_replicas) - required);
    }
    int read = readable - 1;
    if (!topology_.slots.empty()) {
      const int spare = SpareVoters(slot_masters_);
      write = std::min(write, spare);
      read = std::min(read, spare);  // without a majority a Cluster serves no reads either
    } else if (!topology_.sentinels.empty()) {
      write = std::min(write, SpareVoters(topology_.sentinels));
    } else {
      // Nobody promotes a replica: the loss of the master stops the writes.
      write = std::min(write, primary_ != nullptr ? 0 : -1);
    }
    group.failures_tolerated.push_back({"write", write});
    group.failures_tolerated.push_back({"read", read});
  }

  /// A failover needs a majority of all known Sentinels, of a Cluster's masters with slots, to
  /// elect; and Sentinel's quorum to agree that the master is down.
  int SpareVoters(const std::set<std::string>& voters) const {
    const auto known = static_cast<int>(voters.size());
    const auto usable = static_cast<int>(
        std::count_if(voters.begin(), voters.end(), [&](const std::string& address) {
          const NodeFacts* node = Facts(address);
          return node != nullptr && node->answered && !node->info->tilt;
        }));
    return usable - std::max(known / 2 + 1, static_cast<int>(topology_.quorum.value_or(1)));
  }

  void JoinDataAtRisk(GroupOverview& group) const {
    if (primary_ == nullptr) return;
    for (const Membership& member : group.members) {
      if (!IsPromotable(member.member)) continue;
      const auto least = [](std::optional<double>& risk, const std::optional<double>& lag) {
        if (lag) risk = risk ? std::min(*risk, *lag) : *lag;
      };
      least(group.data_at_risk_seconds, member.lag_seconds);
      least(group.data_at_risk_bytes, member.lag_bytes);
    }
  }

  void JoinViews(GroupOverview& group) const {
    if (topology_.slots.empty()) {
      group.views.push_back({"primary", CountPrimaryViews()});
      return;
    }
    std::set<std::string> owners;
    std::set<std::set<std::string>> maps;  // the nodes name each other in different orders
    for (const auto& [address, node] : nodes_) {
      if (!node->answered || node->cluster_nodes.empty()) continue;
      std::set<std::string> map;
      for (const ClusterNode& known : node->cluster_nodes) {
        if (!Overlap(known.slots, topology_.slots)) continue;
        owners.insert(known.id);
        std::string slots;
        AppendSlots(known, slots);
        map.insert(std::move(slots));
      }
      maps.insert(std::move(map));
    }
    group.views.push_back({"primary", static_cast<int>(owners.size())});
    group.views.push_back({"config", static_cast<int>(maps.size())});
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
  const std::set<std::string>& slot_masters_;
  const TimePoint now_;
  const NodesByAddress& nodes_;
  const ReplicationHistory* history_;
  const NodeFacts* primary_;
  const Promotion promotion_;
};

}  // namespace

GroupView JoinGroup(const GroupTopology& group, const Topology& topology,
                    const NodesByAddress& nodes, const ReplicationHistory* history, TimePoint now) {
  return GroupJoin(group, topology, nodes, history, now).Join();
}

}  // namespace replicawatch::redis
