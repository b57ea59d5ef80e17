#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "exporters/redis/node.h"
#include "exporters/redis/session.h"
#include "exporters/redis/topology.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

/// The true way of a write from the master to each replica: a message is PUBLISHed on the master
/// and arrives at a subscription on the replica, through the replication stream. No key is touched,
/// nothing goes to AOF or RDB, and both ends are this process, so that there is one clock. Not for
/// a Cluster, whose bus carries messages past the stream. Belongs to the watcher's thread.
class Heartbeat {
 public:
  Heartbeat(const NodeSettings& settings, Resolver& resolver);

  /// Sends the next beat of each group and looks for replicas that have come or gone. `primaries`:
  /// the master that takes the writes, by group.
  void Beat(const Topology& topology, const std::map<std::string, Node*>& primaries, TimePoint now);

  /// The connections to poll and advance.
  void ForEachSession(const std::function<void(Session&)>& visit);

  std::vector<HeartbeatView> Views(TimePoint now) const;

 private:
  struct Listener {
    std::string group;
    std::unique_ptr<Session> session;
    TimePoint begun;  // the session
    bool ended = false;
    TimePoint next_attempt;
    std::optional<TimePoint> received;  // the last beat
    std::optional<Duration> delay;      // of it
  };

  void Listen(const std::string& address, Listener& listener, TimePoint now);
  void OnBeat(Listener& listener, const std::string& payload);

  const NodeSettings& settings_;
  Resolver& resolver_;
  const std::string sender_;  // tells our beats from those of another exporter
  std::map<std::string, Listener> listeners_;
};

}  // namespace replicawatch::redis
