#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/app/collector_choice.h"
#include "common/deployment/change_log.h"
#include "common/scrape/gather.h"
#include "common/scrape/watcher.h"
#include "exporters/redis/heartbeat.h"
#include "exporters/redis/node.h"
#include "exporters/redis/survey.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

struct WatchOptions {
  std::string name;  ///< of the cluster; empty: the Sentinel master name, else the first seed
  std::string settings_digest;     ///< of all below, see Exporter::Start()
  std::vector<std::string> seeds;  ///< host:port, data nodes or Sentinels
  NodeSettings nodes;
  CollectorChoice collectors;
};

/// Watches one Redis deployment. One thread owns all connections and drives them with one poll
/// loop; a scrape asks that thread and waits. Every 500 ms it samples the positions in the
/// replication stream, which lag in seconds is made from.
class RedisWatcher : public Watcher {
 public:
  explicit RedisWatcher(WatchOptions options);
  ~RedisWatcher() override;

  void Scrape(const ScrapeRequest& request, SampleSink& sink) override;
  std::shared_ptr<const Overview> Latest() const override;
  void Stop() override;

  /// Puts what the last survey of a member has found into its view, if it answers. Thread-safe.
  void AddSurveyOf(const std::string& member, NodeView& node) const;

 private:
  using Desk = GatherDesk<View>;

  void Run();
  void Wait(TimePoint until);
  void Tick(TimePoint now);
  void ServeGathers(TimePoint now);
  bool Settle(const Desk::Gather& gather, TimePoint now);
  void FindNodes(TimePoint now);
  void AddNode(const std::string& address, bool sentinel, TimePoint now);
  void ListenForSentinels(TimePoint now);
  void OnHello(const Reply& message);
  void OnListenerEnd(const Result<Reply>& end);
  void SendHeartbeats(TimePoint now);
  TimePoint StepSurveys(TimePoint now);
  std::shared_ptr<const View> Join(TimePoint now);
  std::vector<const NodeFacts*> AllFacts() const;
  bool IsDuplicate(const std::string& address) const;

  const WatchOptions options_;
  const int wake_fd_;
  Desk desk_;
  Resolver resolver_;

  // Of the loop's thread only:
  struct Watched {
    std::unique_ptr<Node> node;
    TimePoint last_named;
  };
  std::map<std::string, Watched> nodes_;
  std::set<std::string> heard_sentinels_;  // addresses from the hello channel
  std::unique_ptr<Session> listener_;  // subscribed to the hello channel while no Sentinel is known
  bool listener_ended_ = false;
  TimePoint next_listen_;
  std::optional<Heartbeat> heartbeat_;
  std::map<std::string, std::unique_ptr<Survey>> surveys_;  // by address
  Topology topology_;
  Histories histories_;
  ChangeLog change_log_;
  TimePoint next_tick_;
  Desk::GatherList gathers_;  // scrapes under way

  std::thread thread_;
};

}  // namespace replicawatch::redis
