#include "exporters/redis/node.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"

namespace replicawatch::redis {
namespace {

/// Each refused command is an entry in the server's ACL log.
constexpr auto kRefusedPause = std::chrono::seconds(10);
/// A command that is not needed for anything else can wait longer for rights that may never come.
constexpr auto kRefusedOptionalPause = std::chrono::hours(1);

/// What an error answer means for the exporter.
ErrorCode CodeOf(const Reply& error) {
  const std::string_view word = error.ErrorWord();
  if (word == "NOAUTH" || word == "WRONGPASS") return ErrorCode::kAuth;
  if (word == "NOPERM") return ErrorCode::kPermission;
  // "unknown command", "Unknown subcommand"; an unknown index may be there the next time.
  for (const char* what : {"nknown command", "nknown subcommand"}) {
    if (error.text.find(what) != std::string::npos) return ErrorCode::kUnsupported;
  }
  return ErrorCode::kProtocol;
}

}  // namespace

Node::Node(const std::string& address, HostPort where, bool sentinel, const NodeSettings& settings,
           Resolver& resolver)
    : settings_(settings),
      is_here_(IsThisMachine(where)),
      session_(std::move(where), resolver),
      login_of_sentinel_(sentinel) {
  facts_.address = address;
  session_.SetTls(settings_.tls.get());
  session_.SetLogin(sentinel ? &settings_.sentinel_login : &settings_.data_login);
}

void Node::Probe(TimePoint now) {
  if (probing()) return;
  probe_started_ = now;
  failed_ = false;
  extras_ = std::make_shared<NodeExtras>();
  ++outstanding_;  // holds the probe open while the first commands are sent: a session may answer
                   // at once
  Ask(settings_.all_sections ? Command{"INFO", "ALL"} : Command{"INFO"},
      [this](const Reply& reply) { OnInfo(reply); });
  if (facts_.role() == Role::kSentinel) {
    AskAboutSentinel();
  } else {
    Ask({"PING"}, [this](const Reply& reply) { OnPing(reply); });
    if (facts_.info) AskAboutDataNode();
  }
  session_.Flush();
  EndCommand();
}

void Node::AskAboutSentinel() {
  Ask({"SENTINEL", "MASTERS"}, [this](const Reply& reply) { OnMasters(reply); });
  // In one go with the names of last time; a new name is asked about when it appears.
  for (const SentinelMaster& known : facts_.masters) AskAboutMaster(known.master.name);
  if (settings_.configuration) AskForConfiguration({"SENTINEL", "CONFIG", "GET", "*"});
}

/// What only a data node has, and not every user may ask.
void Node::AskAboutDataNode() {
  AskForSettings();
  if (facts_.info->cluster) AskAboutCluster();
  AskForExtras();
  if (!settings_.all_sections) return;
  AskOptional("SLOWLOG LEN", {"SLOWLOG", "LEN"}, [this](const Reply& reply) {
    facts_.slow_log_length.reset();
    if (!reply.is_error()) facts_.slow_log_length = reply.integer;
  });
  AskOptional("SLOWLOG GET", {"SLOWLOG", "GET", "1"},
              [this](const Reply& reply) { facts_.slow_log_last = ParseSlowLogEntry(reply); });
}

/// While it loads its data a node refuses: what it said before stays.
void Node::AskAboutCluster() {
  AskOptional("CLUSTER INFO", {"CLUSTER", "INFO"}, [this](const Reply& reply) {
    if (reply.is_error()) return;
    auto text = std::make_shared<const InfoText>(reply.text);
    if (const auto state = ParseClusterState(*text)) facts_.cluster_state = *state;
    facts_.cluster_text = std::move(text);
  });
  AskOptional("CLUSTER NODES", {"CLUSTER", "NODES"}, [this](const Reply& reply) {
    if (reply.is_error()) return;
    auto nodes = ParseClusterNodes(reply.text);
    if (!nodes) {
      FailPart(nodes.error());
      return;
    }
    const auto self = std::find_if(nodes->begin(), nodes->end(),
                                   [](const ClusterNode& node) { return node.is_myself(); });
    if (self != nodes->end()) facts_.cluster_self = *self;
    facts_.cluster_nodes = std::move(*nodes);
  });
  if (!AtLeast(facts_.info->version, 7, 2)) return;
  AskOptional("CLUSTER MYSHARDID", {"CLUSTER", "MYSHARDID"}, [this](const Reply& reply) {
    facts_.shard_id = reply.is_error() ? std::string() : reply.text;
  });
}

void Node::Sample() {
  if (probing() || sampling_ || facts_.role() == Role::kSentinel) return;
  sampling_ = true;
  session_.Send({"INFO", "replication"}, [this](const Result<Reply>& reply) { OnSample(reply); });
  session_.Flush();
}

void Node::Publish(std::string_view channel, const std::string& message) {
  // Beside the probes, so that it is no part of one: it neither begins nor ends it.
  const auto refused = refused_.find("PUBLISH");
  if (refused != refused_.end() && Clock::now() < refused->second) return;
  session_.Send({"PUBLISH", channel, message}, [this](const Result<Reply>& reply) {
    if (reply && reply->is_error()) Rest("PUBLISH", *reply);
  });
}

void Node::Ask(const Command& command, std::function<void(const Reply&)> on_reply) {
  ++outstanding_;
  session_.Send(command, [this, on_reply = std::move(on_reply)](const Result<Reply>& reply) {
    if (reply) {
      on_reply(*reply);
    } else {
      Fail(reply.error());
    }
    EndCommand();
  });
}

/// A command without which the view is whole: after a refusal, which `on_reply` gets like any other
/// answer, it rests. `name` must be a literal.
void Node::AskOptional(std::string_view name, const Command& command,
                       std::function<void(const Reply&)> on_reply) {
  const auto refused = refused_.find(name);
  if (refused != refused_.end() && Clock::now() < refused->second) return;
  Ask(command, [this, name, on_reply = std::move(on_reply)](const Reply& reply) {
    on_reply(reply);
    if (reply.is_error()) Rest(name, reply);
  });
}

/// After a refusal that will not change by itself the command is not sent again for a while.
void Node::Rest(std::string_view name, const Reply& refusal) {
  const ErrorCode code = CodeOf(refusal);
  if (code != ErrorCode::kPermission && code != ErrorCode::kUnsupported) return;
  const TimePoint again = Clock::now() + kRefusedOptionalPause;
  if (!refused_.insert_or_assign(name, again).second) return;
  Log(LogLevel::kInfo, "a command is refused; what comes from it is left out",
      {{"service", "redis"},
       {"member", facts_.address},
       {"command", std::string(name)},
       {"reason", refusal.text}});
}

void Node::EndCommand() {
  if (--outstanding_ > 0) return;
  MeasureDump();
  facts_.extras = std::move(extras_);
  probe_ended_ = Clock::now();
  facts_.seconds = Seconds(probe_ended_ - probe_started_);
  if (!failed_) facts_.error.reset();
}

void Node::Fail(const Error& error) {
  FailPart(error);
  facts_.answered = false;
  // Each command of the probe comes here when the login is refused, and each probe in the pause
  // after it; one of them changes it.
  if (error.code != ErrorCode::kAuth || session_.refusals() == refusals_seen_) return;
  refusals_seen_ = session_.refusals();
  UseOtherLogin();
}

void Node::FailPart(const Error& error) {
  failed_ = true;
  facts_.error = error;
}

void Node::MarkTimedOut(TimePoint now) {
  facts_.answered = false;
  facts_.seconds = Seconds(now - probe_started_);
  facts_.error = Error{ErrorCode::kTimeout, "no answer from " + facts_.address};
}

/// Which login fits is known only when the node says what it is, which it does not say before the
/// login. A Sentinel has its own; both belong to the same deployment. When neither fits they take
/// turns, at the pace of the session.
void Node::UseOtherLogin() {
  if (settings_.sentinel_login.password.empty()) return;
  login_of_sentinel_ = !login_of_sentinel_;
  const Login* other = login_of_sentinel_ ? &settings_.sentinel_login : &settings_.data_login;
  session_.SetLogin(other, both_logins_failed_);
  both_logins_failed_ = true;
}

void Node::OnInfo(const Reply& reply) {
  if (reply.is_error()) {
    const Error error{CodeOf(reply), facts_.address + " answered INFO with: " + reply.text};
    // No login was given and one is wanted, or the user may not even ask this: a new connection
    // tries again later.
    const bool refused = error.code == ErrorCode::kAuth || error.code == ErrorCode::kPermission;
    if (refused) session_.Disconnect(error, kRefusedPause);
    Fail(error);
    return;
  }
  auto text = std::make_shared<const InfoText>(reply.text);
  Result<Info> info = ParseInfo(*text);
  if (!info) {
    Fail(info.error());
    return;
  }
  MeasureClock(*info);
  MeasureStart(*info);
  if (settings_.all_sections) facts_.info_text = std::move(text);
  const bool first = !facts_.info;
  facts_.info = std::move(*info);
  facts_.answered = true;
  both_logins_failed_ = false;
  if (!first) return;
  if (facts_.role() == Role::kSentinel) {
    AskAboutSentinel();
  } else {
    AskAboutDataNode();
  }
}

/// server_time_usec is taken when INFO is put together: half a round trip before it is read here.
void Node::MeasureClock(const Info& info) {
  if (!info.server_time_microseconds) return;
  const double half_round_trip = Seconds(Clock::now() - probe_started_) / 2;
  facts_.clock_skew_seconds =
      static_cast<double>(*info.server_time_microseconds) / 1e6 - (UnixSeconds() - half_round_trip);
}

/// Uptime comes in whole seconds, so the difference to the clock jitters: the first one counts
/// until it is clearly another.
void Node::MeasureStart(const Info& info) {
  if (!info.uptime_seconds) return;
  const int64_t now = info.server_time_microseconds ? *info.server_time_microseconds / 1'000'000
                                                    : static_cast<int64_t>(UnixSeconds());
  const auto start = static_cast<double>(now - *info.uptime_seconds);
  const bool same = facts_.start_time_seconds && facts_.info &&
                    facts_.info->run_id == info.run_id &&
                    std::abs(*facts_.start_time_seconds - start) <= 2;
  if (!same) facts_.start_time_seconds = start;
}

/// role-reported-time runs from the moment at which the Sentinel took the node for the master: in a
/// failover, but also when the Sentinel itself started. It comes in milliseconds that have passed,
/// so it jitters like the start time.
void Node::MeasureMasterSince(SentinelMaster& known) const {
  const std::optional<int64_t> age_ms = known.master.role_reported_ms;
  constexpr double kStartUp = 5;
  const auto uptime = facts_.info->uptime_seconds;
  if (!age_ms || !uptime ||
      static_cast<double>(*age_ms) / 1e3 > static_cast<double>(*uptime) - kStartUp) {
    known.master_since.reset();
    return;
  }
  const double since = std::round(UnixSeconds() - static_cast<double>(*age_ms) / 1e3);
  if (!known.master_since || std::abs(*known.master_since - since) > 2) known.master_since = since;
}

/// PING shares the check that refuses writes when the disk does not take them; no other error
/// matters here.
void Node::OnPing(const Reply& reply) {
  facts_.writes_refused = reply.is_error() && reply.ErrorWord() == "MISCONF";
}

/// An answer to a SENTINEL command as entries, or why not.
Result<std::vector<SentinelEntry>> Node::Entries(const Reply& reply) const {
  if (!reply.is_error()) return ParseSentinelEntries(reply);
  return ::replicawatch::Fail(CodeOf(reply),
                              facts_.address + " answered SENTINEL with: " + reply.text);
}

void Node::OnMasters(const Reply& reply) {
  Result<std::vector<SentinelEntry>> masters = Entries(reply);
  if (!masters) {
    FailPart(masters.error());
    return;
  }
  std::vector<SentinelMaster> known;
  for (SentinelEntry& master : *masters) {
    SentinelMaster& entry = known.emplace_back();
    const auto before = FindMaster(master.name);
    if (before != nullptr) entry = std::move(*before);
    entry.master = std::move(master);
    MeasureMasterSince(entry);
    if (before == nullptr) AskAboutMaster(entry.master.name);
  }
  facts_.masters = std::move(known);
}

SentinelMaster* Node::FindMaster(std::string_view name) {
  const auto found =
      std::find_if(facts_.masters.begin(), facts_.masters.end(),
                   [&](const SentinelMaster& known) { return known.master.name == name; });
  return found == facts_.masters.end() ? nullptr : &*found;
}

void Node::AskAboutMaster(const std::string& name) {
  // SLAVES, not REPLICAS: the older word works from 2.8 on.
  AskForList("SLAVES", name, &SentinelMaster::replicas);
  AskForList("SENTINELS", name, &SentinelMaster::peers);
  AskOptional("SENTINEL CKQUORUM", {"SENTINEL", "CKQUORUM", name},
              [this, name](const Reply& reply) { OnQuorumCheck(name, reply); });
}

void Node::AskForList(std::string_view what, const std::string& name,
                      std::vector<SentinelEntry> SentinelMaster::*list) {
  Ask({"SENTINEL", what, name}, [this, name, list](const Reply& reply) {
    Result<std::vector<SentinelEntry>> entries = Entries(reply);
    SentinelMaster* master = FindMaster(name);
    if (!entries) {
      // A name that has been removed is no failure: SENTINEL MASTERS has told so in the same
      // breath.
      if (master != nullptr) FailPart(entries.error());
    } else if (master != nullptr) {
      master->*list = std::move(*entries);
    }
  });
}

void Node::OnQuorumCheck(const std::string& name, const Reply& reply) {
  SentinelMaster* master = FindMaster(name);
  if (master == nullptr) return;
  master->quorum_check.reset();
  if (const Result<QuorumCheck> check = ParseQuorumCheck(reply)) master->quorum_check = *check;
}

void Node::OnSample(const Result<Reply>& reply) {
  sampling_ = false;
  if (!reply) {
    Fail(reply.error());
    return;
  }
  if (reply->is_error()) {
    OnInfo(*reply);
    return;
  }
  const Result<Info> info = ParseInfo(InfoText(reply->text));
  if (!info || !facts_.info) return;
  facts_.info->replication = info->replication;
  // A node that was silent and answers again is up with the next probe, which asks for all.
}

}  // namespace replicawatch::redis
