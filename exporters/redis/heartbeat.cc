#include "exporters/redis/heartbeat.h"

#include <algorithm>
#include <random>

#include "common/base/log.h"

namespace replicawatch::redis {
namespace {

constexpr std::string_view kChannel = "__replicawatch__:heartbeat";
/// Each refused SUBSCRIBE is an entry in the server's ACL log.
constexpr auto kListenAgain = std::chrono::minutes(1);
/// A subscription over which nothing has come for this long may be to a host that is gone.
constexpr auto kSilence = std::chrono::seconds(15);

int64_t Nanoseconds(TimePoint now) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

std::string RandomSender() {
  std::random_device random;
  return std::to_string(random()) + std::to_string(random());
}

}  // namespace

Heartbeat::Heartbeat(const NodeSettings& settings, Resolver& resolver)
    : settings_(settings), resolver_(resolver), sender_(RandomSender()) {}

void Heartbeat::Beat(const Topology& topology, const std::map<std::string, Node*>& primaries,
                     TimePoint now) {
  std::map<std::string, std::string> wanted;  // replica -> group
  for (const GroupTopology& group : topology.groups) {
    const auto primary = primaries.find(group.name);
    if (primary == primaries.end()) continue;
    primary->second->Publish(kChannel, sender_ + " " + std::to_string(Nanoseconds(now)));
    for (const std::string& address : group.data_nodes) {
      if (address != primary->second->facts().address) wanted.emplace(address, group.name);
    }
  }
  // While there is no master the replicas keep their listeners: their beats grow old.
  std::erase_if(listeners_, [&](const auto& entry) {
    return primaries.contains(entry.second.group) && !wanted.contains(entry.first);
  });
  for (const auto& [address, group] : wanted) {
    Listener& listener = listeners_[address];
    listener.group = group;
    const bool silent =
        now - std::max(listener.received.value_or(listener.begun), listener.begun) > kSilence;
    if (listener.ended || silent) listener.session.reset();
    listener.ended = false;
    if (!listener.session && now >= listener.next_attempt) Listen(address, listener, now);
  }
}

void Heartbeat::Listen(const std::string& address, Listener& listener, TimePoint now) {
  const Result<HostPort> where = SplitAddress(address);
  if (!where) return;
  listener.begun = now;
  listener.next_attempt = now + std::chrono::seconds(1);
  listener.session = std::make_unique<Session>(*where, resolver_);
  listener.session->SetTls(settings_.tls.get());
  listener.session->SetLogin(&settings_.data_login);
  listener.session->Subscribe(
      kChannel,
      [this, &listener](const Reply& message) { OnBeat(listener, message.elements[2].text); },
      [&listener, address](const Result<Reply>& end) {
        listener.ended = true;
        if (!end) return;
        listener.next_attempt = Clock::now() + kListenAgain;
        LogFolded(LogLevel::kInfo, "can't subscribe to the heartbeat; its delay is left out",
                  {{"service", "redis"}, {"member", address}, {"reason", end->text}});
      });
}

void Heartbeat::OnBeat(Listener& listener, const std::string& payload) {
  std::string_view sent = payload;
  if (CutAt(sent, ' ') != sender_) return;
  const auto nanoseconds = ParseInt(sent);
  if (!nanoseconds) return;
  const TimePoint now = Clock::now();
  listener.received = now;
  listener.delay = std::chrono::nanoseconds(Nanoseconds(now) - *nanoseconds);
}

void Heartbeat::ForEachSession(const std::function<void(Session&)>& visit) {
  for (auto& [address, listener] : listeners_) {
    if (listener.session) visit(*listener.session);
  }
}

std::vector<HeartbeatView> Heartbeat::Views(TimePoint now) const {
  std::vector<HeartbeatView> views;
  for (const auto& [address, listener] : listeners_) {
    if (!listener.received) continue;
    views.push_back(
        {listener.group, address, Seconds(*listener.delay), Seconds(now - *listener.received)});
  }
  return views;
}

}  // namespace replicawatch::redis
