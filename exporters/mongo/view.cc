#include "exporters/mongo/view.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "common/scrape/collector.h"
#include "exporters/mongo/join.h"
#include "exporters/mongo/lag.h"
#include "exporters/mongo/parse/command_result.h"
#include "exporters/mongo/quorum.h"

namespace replicawatch::mongo {
namespace {

constexpr std::array<std::string_view, 10> kRoles = {
    "primary", "secondary",  "arbiter",  "hidden",  "delayed",
    "startup", "recovering", "rollback", "removed", "down"};
constexpr std::array<std::string_view, 4> kBlockedReasons = {kNoPrimary, kNoMajority, kReadOnly,
                                                             kFsyncLocked};
constexpr Vocabulary kVocabulary = {"mongo", kRoles, kBlockedReasons};

constexpr std::string_view kStandalone = "standalone";

std::string_view RoleOf(const JoinedMember& member) {
  if (!member.state) return {};
  switch (*member.state) {
    case kStatePrimary:
      return "primary";
    case kStateSecondary:
      if (member.config.delay_seconds > 0) return "delayed";
      return member.config.hidden ? "hidden" : "secondary";
    case kStateRecovering:
      return "recovering";
    case kStateStartup:
    case kStateStartup2:
      return "startup";
    case kStateArbiter:
      return "arbiter";
    case kStateRollback:
      return "rollback";
    case kStateRemoved:
      return "removed";
    default:
      return "down";
  }
}

MemberOverview DescribeMember(const std::string& name, const WatchedNode* node) {
  MemberOverview member;
  member.name = name;
  if (node == nullptr) return member;
  const MemberFacts& facts = *node->facts;
  member.up = node->answered();
  member.error = facts.error;
  if (node->silent) member.error = Error{ErrorCode::kTimeout, "no answer within the budget"};
  if (member.up) member.clock_skew_seconds = facts.clock_skew_seconds;
  const bool asked = facts.hello != nullptr || member.error.has_value();
  if (asked) {
    member.outcomes.push_back({kDeploymentCollectorInfo.name, facts.round_ok && !node->silent,
                               node->silent ? node->silent_seconds : facts.round_seconds});
  }
  return member;
}

/// How many different values there are; nothing when nobody told.
template <class Value>
void AddView(std::string_view about, const std::set<Value>& values, GroupOverview& group) {
  if (!values.empty()) group.views.push_back({about, static_cast<int>(values.size())});
}

std::optional<std::pair<int64_t, int64_t>> ConfigAge(const JoinedMember& member) {
  if (const ReplSetStatus* status = member.status()) {
    const SeenMember* self = FindSeen(*status, member.config.host);
    if (self != nullptr && self->config_version) {
      return std::pair{*self->config_version, self->config_term.value_or(-1)};
    }
  }
  return std::nullopt;
}

void CountViews(const JoinedSet& set, GroupOverview& group) {
  std::set<std::string> primaries;
  std::set<std::string> versions;
  std::set<std::pair<int64_t, int64_t>> configs;
  for (const JoinedMember& member : set.members) {
    if (!member.answered) continue;
    const MemberFacts& facts = *member.node->facts;
    primaries.insert(facts.hello->primary.value_or(""));
    if (facts.server && facts.server->version) versions.insert(*facts.server->version);
    if (const auto age = ConfigAge(member)) configs.insert(*age);
  }
  // A member that could not be logged in to (an arbiter) tells the version of the configuration
  // but not its term.
  for (const JoinedMember& member : set.members) {
    if (!member.answered || member.status() != nullptr) continue;
    const std::optional<int64_t> version = member.node->facts->hello->set_version;
    const auto same = [&](const auto& age) { return age.first == version; };
    if (version && std::none_of(configs.begin(), configs.end(), same)) {
      configs.insert({*version, -1});
    }
  }
  AddView("primary", primaries, group);
  AddView("config", configs, group);
  AddView("version", versions, group);
}

void DescribeElection(const JoinedSet& set, GroupOverview& group) {
  std::optional<int64_t> term;
  for (const JoinedMember& member : set.members) term = std::max(term, member.term);
  if (term) group.term = static_cast<double>(*term);
  if (!set.anyone_answered) return;
  group.primaries = static_cast<int>(
      std::count_if(set.members.begin(), set.members.end(),
                    [](const JoinedMember& member) { return member.claims_primary; }));
  const ReplSetStatus* status = set.primary_status();
  if (status == nullptr || !status->last_election_ms) return;
  group.last_failover_timestamp_seconds = static_cast<double>(*status->last_election_ms) / 1000;
  if (!status->majority_writes_ms) return;
  group.last_failover_duration_seconds =
      static_cast<double>(*status->majority_writes_ms - *status->last_election_ms) / 1000;
}

void DescribeQuorum(const JoinedSet& set, GroupOverview& group, View& view) {
  if (!set.anyone_answered) return;
  const Quorum quorum = CountQuorum(set);
  group.writable = quorum.blocked.empty();
  group.blocked_reasons = quorum.blocked;
  group.failures_tolerated = {{"write", quorum.spare_for_writes}, {"read", quorum.spare_for_reads}};
  view.electable_members = quorum.electable;
}

/// The set's default for writes, from the primary, or whoever tells while there is none.
bool MajorityIsDefault(const JoinedSet& set) {
  const ServerStatus* told = nullptr;
  for (const JoinedMember& member : set.members) {
    if (!member.answered || !member.node->facts->server) continue;
    if (told == nullptr || &member == set.primary_member()) told = member.node->facts->server.get();
  }
  return told != nullptr && told->default_majority;
}

MemberDetails Details(const JoinedMember& member) {
  MemberDetails details;
  details.member = member.config.host;
  if (member.state) details.state = *member.state;
  if (!member.answered) return details;
  const MemberFacts& facts = *member.node->facts;
  details.status = facts.status;
  details.server = facts.server;
  details.oplog = facts.oplog;
  details.compatibility = facts.compatibility;
  details.fsync_locked = facts.fsync_locked;
  if (facts.status) details.too_stale = facts.status->too_stale;
  const ServerStatus* server = facts.server.get();
  if (server == nullptr) return details;
  if (server->rollback_id) details.rollback_id = static_cast<double>(*server->rollback_id);
  if (server->oplog_first && server->oplog_last && *server->oplog_last >= *server->oplog_first) {
    details.oplog_window_seconds = *server->oplog_last - *server->oplog_first;
  }
  return details;
}

void DescribeSet(const JoinedSet& set, const ReplicationHistory& history, View& view) {
  GroupOverview group;
  group.name = view.group;
  for (const JoinedMember& member : set.members) {
    Membership membership;
    membership.member = member.config.host;
    membership.role = RoleOf(member);
    membership.healthy = member.healthy;
    membership.lag_seconds = LagSeconds(set, member, history);
    const Headroom headroom = OplogHeadroom(set, member);
    membership.headroom_seconds = headroom.seconds;
    membership.headroom_ratio = headroom.ratio;
    group.members.push_back(std::move(membership));
    view.overview.members.push_back(DescribeMember(member.config.host, member.node));
    view.details.push_back(Details(member));
  }
  DescribeElection(set, group);
  DescribeQuorum(set, group, view);
  CountViews(set, group);
  group.data_at_risk_seconds = DataAtRiskSeconds(set, history);
  view.majority_commit_lag_seconds = MajorityCommitLagSeconds(set);
  view.overview.groups.push_back(std::move(group));
}

void DescribeLoneQuorum(bool writable, GroupOverview& group) {
  group.writable = writable;
  group.primaries = writable ? 1 : 0;
  if (!writable) group.blocked_reasons = {kNoPrimary};
  const int spare = writable ? 0 : -1;
  group.failures_tolerated = {{"write", spare}, {"read", spare}};
}

/// Nobody named a set: a standalone server, a member that waits for its first configuration or was
/// removed, or nothing is known yet.
void DescribeLoneNode(const WatchedNode& node, View& view) {
  view.overview.members.push_back(DescribeMember(node.name, &node));
  if (!node.answered() || !node.facts->hello || node.facts->hello->mongos) return;
  const Hello& hello = *node.facts->hello;
  GroupOverview group;
  const bool standalone = !hello.replica_set && !hello.set_name;
  if (standalone) view.group = kStandalone;
  group.name = standalone ? view.group : view.overview.cluster;
  Membership membership;
  membership.member = node.name;
  if (hello.writable_primary) {
    membership.role = "primary";
  } else if (node.facts->status_code == kInvalidReplicaSetConfig) {
    membership.role = "removed";
  } else {
    membership.role = "startup";
  }
  membership.healthy = hello.writable_primary;
  const bool removed = membership.role == "removed";
  group.members.push_back(std::move(membership));
  view.overview.groups.push_back(std::move(group));
  if (removed) return;  // The set goes on without it, and it can't tell how.
  DescribeLoneQuorum(hello.writable_primary, view.overview.groups.back());
}

}  // namespace

const Vocabulary& MongoVocabulary() { return kVocabulary; }

View BuildView(const ViewInput& input) {
  const Topology topology = FindTopology(input.nodes);
  View view;
  view.overview.vocabulary = &kVocabulary;
  view.overview.cluster = input.cluster_name;
  view.nodes.assign(input.nodes.begin(), input.nodes.end());
  if (input.cluster_name.empty()) {
    view.overview.cluster = topology.set_name.value_or(std::string(input.first_seed));
  }
  if (topology.members.empty()) {
    for (const WatchedNode& node : input.nodes) DescribeLoneNode(node, view);
  } else {
    view.group = topology.set_name.value_or(view.overview.cluster);
    const JoinedSet set = Join(input.nodes, topology, input.now);
    DescribeSet(set, input.history, view);
    // Without the configuration neither votes nor hidden members are known.
    if (topology.configured)
      view.mistakes =
          FindMistakes(topology.members, topology.majority_journaled, MajorityIsDefault(set));
  }
  std::sort(view.overview.members.begin(), view.overview.members.end(),
            [](const MemberOverview& a, const MemberOverview& b) { return a.name < b.name; });
  return view;
}

}  // namespace replicawatch::mongo
