#include "exporters/mongo/topology.h"

#include <algorithm>
#include <tuple>

namespace replicawatch::mongo {
namespace {

/// Nodes that answer before silent ones, then by what the configuration says of its age.
const ReplSetConfig* NewestConfig(std::span<const WatchedNode> nodes) {
  const ReplSetConfig* newest = nullptr;
  std::tuple<bool, int64_t, int64_t> best;
  for (const WatchedNode& node : nodes) {
    const ReplSetConfig* config = node.facts->config.get();
    if (config == nullptr || config->members.empty()) continue;
    const std::tuple age{node.answered(), config->term.value_or(-1), config->version.value_or(-1)};
    if (newest != nullptr && age <= best) continue;
    newest = config;
    best = age;
  }
  return newest;
}

const Hello* NewestHello(std::span<const WatchedNode> nodes) {
  const Hello* newest = nullptr;
  std::tuple<bool, int64_t> best;
  for (const WatchedNode& node : nodes) {
    const Hello* hello = node.facts->hello.get();
    if (hello == nullptr || !hello->set_name) continue;
    const std::tuple age{node.answered(), hello->set_version.value_or(-1)};
    if (newest != nullptr && age <= best) continue;
    newest = hello;
    best = age;
  }
  return newest;
}

void AddMember(std::vector<ConfiguredMember>& members, ConfiguredMember member) {
  const auto same = [&](const ConfiguredMember& other) { return other.host == member.host; };
  if (std::none_of(members.begin(), members.end(), same)) members.push_back(std::move(member));
}

std::vector<ConfiguredMember> MembersOfHello(std::span<const WatchedNode> nodes,
                                             const Hello& hello) {
  std::vector<ConfiguredMember> members;
  for (const std::string& host : hello.hosts) AddMember(members, {.host = host});
  for (const std::string& host : hello.passives) AddMember(members, {.host = host, .priority = 0});
  for (const std::string& host : hello.arbiters) {
    AddMember(members, {.host = host, .arbiter = true, .priority = 0});
  }
  // Hidden members are named by themselves only.
  for (const WatchedNode& node : nodes) {
    const Hello* own = node.facts->hello.get();
    if (own == nullptr || !own->me || !own->hidden || own->set_name != hello.set_name) continue;
    AddMember(members, {.host = *own->me, .hidden = true, .priority = 0});
  }
  for (ConfiguredMember& member : members) {
    for (const WatchedNode& node : nodes) {
      const Hello* own = node.facts->hello.get();
      if (own == nullptr || own->me != member.host) continue;
      member.delay_seconds = own->delay_seconds.value_or(0);
    }
  }
  return members;
}

}  // namespace

Topology FindTopology(std::span<const WatchedNode> nodes) {
  Topology topology;
  const Hello* hello = NewestHello(nodes);
  if (hello != nullptr) topology.set_name = hello->set_name;
  if (const ReplSetConfig* config = NewestConfig(nodes)) {
    topology.set_name = config->id;
    topology.members = config->members;
    topology.configured = true;
    topology.majority_journaled = config->majority_journaled;
  } else if (hello != nullptr) {
    topology.members = MembersOfHello(nodes, *hello);
  }
  return topology;
}

}  // namespace replicawatch::mongo
