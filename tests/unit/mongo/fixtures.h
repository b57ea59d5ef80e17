#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/mongo/facts.h"
#include "exporters/mongo/topology.h"
#include "exporters/mongo/view.h"

namespace replicawatch::mongo {

/// A made-up set for tables of rules: members "a:1", "b:1", ... that all answer.
struct TestSet {
  TimePoint now = TimePoint(std::chrono::hours(1));
  ReplSetConfig config{.id = "rs", .version = 1, .term = 1, .replica_set_id = "x", .members = {}};
  std::vector<MemberFacts> facts;
  std::vector<bool> silent;
  ReplicationHistory history;

  /// Adds a member in this state, at this position.
  MemberFacts& Add(const ConfiguredMember& member, int state, OpTime position = {1, 100, 1}) {
    config.members.push_back(member);
    Hello hello;
    hello.set_name = "rs";
    hello.me = member.host;
    hello.writable_primary = state == kStatePrimary;
    hello.secondary = state == kStateSecondary;
    hello.arbiter = state == kStateArbiter;
    if (hello.writable_primary) hello.election_term = position.term;
    if (!hello.arbiter) hello.last_write = position;
    if (!hello.arbiter) hello.last_write_ms = int64_t{position.seconds} * 1000;
    ReplSetStatus status;
    status.my_state = state;
    status.term = position.term;
    status.heartbeat_interval_ms = 2000;
    MemberFacts& added = facts.emplace_back();
    silent.push_back(false);
    added.answered = true;
    added.hello_at = added.status_at = now;
    added.hello = std::make_shared<const Hello>(hello);
    added.status = std::make_shared<const ReplSetStatus>(status);
    return added;
  }

  /// The member does not answer, and the others do not hear it either.
  void Lose(size_t index) {
    facts[index].answered = false;
    facts[index].status.reset();
    facts[index].error = Error{ErrorCode::kConnect, "refused"};
  }

  std::vector<WatchedNode> Nodes() const {
    const auto shared = std::make_shared<const ReplSetConfig>(config);
    std::vector<WatchedNode> nodes;
    for (size_t i = 0; i < facts.size(); ++i) {
      MemberFacts told = facts[i];
      told.config = shared;
      if (told.status) told.status = WithSeen(*told.status, i);
      const std::string& host = config.members[i].host;
      nodes.push_back(
          {host, host, false, silent[i], 0, std::make_shared<const MemberFacts>(std::move(told))});
    }
    return nodes;
  }

  View Build() const {
    const std::vector<WatchedNode> nodes = Nodes();
    return BuildView({"", "seed:1", nodes, history, now});
  }

 private:
  /// What a member sees of the others: those that answer us are well, the rest is down.
  std::shared_ptr<const ReplSetStatus> WithSeen(ReplSetStatus status, size_t self) const {
    status.date_ms = 1'000'000;
    for (size_t i = 0; i < facts.size(); ++i) {
      SeenMember seen;
      seen.name = config.members[i].host;
      seen.self = i == self;
      seen.healthy = facts[i].answered;
      seen.state = facts[i].status ? facts[i].status->my_state.value_or(kStateUnknown) : kStateDown;
      if (!seen.self && seen.healthy) seen.last_heartbeat_recv_ms = 999'000;
      seen.config_version = config.version;
      seen.config_term = config.term;
      status.members.push_back(seen);
    }
    return std::make_shared<const ReplSetStatus>(std::move(status));
  }
};

inline const Membership& MemberOf(const View& view, std::string_view name) {
  for (const Membership& member : view.overview.groups.at(0).members) {
    if (member.member == name) return member;
  }
  throw std::runtime_error("no such member: " + std::string(name));
}

inline int Tolerated(const View& view, std::string_view operation) {
  for (const FailuresTolerated& spare : view.overview.groups.at(0).failures_tolerated) {
    if (spare.operation == operation) return spare.count;
  }
  throw std::runtime_error("no such operation");
}

}  // namespace replicawatch::mongo
