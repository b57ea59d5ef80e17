#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "exporters/redis/facts.h"
#include "exporters/redis/session.h"
#include "exporters/redis/survey_settings.h"

namespace replicawatch::redis {

/// What holds for all nodes of a deployment.
struct NodeSettings {
  Login data_login;
  Login sentinel_login;
  std::shared_ptr<const TlsClient> tls;  ///< for all nodes; null: none
  bool all_sections = false;  ///< INFO ALL: with the statistics of commands, for the collector node
  bool heartbeat = false;     ///< PUBLISH and SUBSCRIBE, for the collector heartbeat
  bool latencies = false;     ///< LATENCY HISTOGRAM and LATEST, for the collector latency
  bool buffers = false;       ///< CLIENT LIST of replication links, for the collector replication
  bool clients = false;       ///< CLIENT LIST, for the collector clients
  bool modules = false;       ///< INFO MODULES, for the collector modules
  bool search = false;        ///< FT._LIST and FT.INFO, for the collector search
  bool configuration = false;                    ///< CONFIG GET *, for the collector config
  bool dump = false;                             ///< the size of the dump, for the collector rdb
  std::shared_ptr<const SurveySettings> survey;  ///< keys, streams and scripts; null: none
};

/// A Unix socket or a loopback address: the node sees the same files.
bool IsThisMachine(const HostPort& where);

/// One node under watch: asks it over its session and keeps what it says as NodeFacts. Belongs to
/// the watcher's thread.
class Node {
 public:
  /// `sentinel`: it is named as one, so that the login of the Sentinels goes first and no other
  /// password is shown to it.
  Node(const std::string& address, HostPort where, bool sentinel, const NodeSettings& settings,
       Resolver& resolver);

  const NodeFacts& facts() const { return facts_; }
  Session& session() { return session_; }

  /// Asks all that the joined view needs. Nothing happens while a probe is under way.
  void Probe(TimePoint now);
  /// Asks only for the position in the replication stream; nothing for a Sentinel or while anything
  /// is under way.
  void Sample();

  /// Sends a message to a channel; a refusal rests like that of any command.
  void Publish(std::string_view channel, const std::string& message);

  bool probing() const { return outstanding_ > 0; }
  /// When the last probe was over, by answer or failure.
  TimePoint probe_ended() const { return probe_ended_; }
  /// The answer did not come in time: says so in the facts until the next one comes.
  void MarkTimedOut(TimePoint now);

 private:
  void Ask(const Command& command, std::function<void(const Reply&)> on_reply);
  void AskOptional(std::string_view name, const Command& command,
                   std::function<void(const Reply&)> on_reply);
  void Rest(std::string_view name, const Reply& refusal);
  void AskAboutSentinel();
  void AskAboutDataNode();
  void AskAboutCluster();
  // Of node_extras.cc: what only some collectors need.
  void AskForSettings();
  void AskForExtras();
  void AskForLatencies();
  void AskForLinks();
  void AskForClients();
  void AskForSearchIndexes();
  void AskForConfiguration(const Command& command);
  void AskForCommandLog();
  void MeasureDump();

  void EndCommand();
  void OnInfo(const Reply& reply);
  void OnPing(const Reply& reply);
  void OnMasters(const Reply& reply);
  Result<std::vector<SentinelEntry>> Entries(const Reply& reply) const;
  SentinelMaster* FindMaster(std::string_view name);
  void AskAboutMaster(const std::string& name);
  void AskForList(std::string_view what, const std::string& name,
                  std::vector<SentinelEntry> SentinelMaster::*list);
  void OnQuorumCheck(const std::string& name, const Reply& reply);
  void OnSample(const Result<Reply>& reply);
  void Fail(const Error& error);
  void FailPart(const Error& error);
  void UseOtherLogin();
  void MeasureClock(const Info& info);
  void MeasureStart(const Info& info);
  void MeasureMasterSince(SentinelMaster& known) const;

  const NodeSettings& settings_;
  const bool is_here_;  // the node runs on this machine
  NodeFacts facts_;
  std::shared_ptr<NodeExtras> extras_;  // what the probe under way has gathered; then facts
  Session session_;
  size_t outstanding_ = 0;
  bool sampling_ = false;
  bool failed_ = false;                            // something of the probe under way failed
  std::map<std::string_view, TimePoint> refused_;  // optional commands, and when to ask again
  bool login_of_sentinel_ = false;
  unsigned refusals_seen_ = 0;  // by the session
  bool both_logins_failed_ = false;
  TimePoint probe_started_;
  TimePoint probe_ended_;
};

}  // namespace replicawatch::redis
