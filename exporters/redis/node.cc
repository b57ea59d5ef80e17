#include "exporters/redis/node.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/log.h"
#include "common/base/text.h"

namespace replicawatch::redis {
namespace {

/// Each refused command is an entry in the server's ACL log.
constexpr auto kRefusedPause = std::chrono::seconds(10);

/// What an error answer means for the exporter.
ErrorCode CodeOf(const Reply& error) {
  const std::string_view word = error.ErrorWord();
  if (word == "NOAUTH" || word == "WRONGPASS") return ErrorCode::kAuth;
  if (word == "NOPERM") return ErrorCode::kPermission;
  if (error.text.find("unknown command") != std::string::npos) return ErrorCode::kUnsupported;
  return ErrorCode::kProtocol;
}

}  // namespace

Node::Node(const std::string& address, HostPort where, bool sentinel, const Logins& logins,
           Resolver& resolver)
    : logins_(logins), session_(std::move(where), resolver), login_of_sentinel_(sentinel) {
  facts_.address = address;
  session_.SetLogin(sentinel ? &logins_.sentinel : &logins_.data);
}

void Node::Probe(TimePoint now) {
  if (probing()) return;
  probe_started_ = now;
  failed_ = false;
  ++outstanding_;  // holds the probe open while the first commands are sent: a session may answer
                   // at once
  Ask({"INFO"}, [this](const Reply& reply) { OnInfo(reply); });
  if (facts_.role() == Role::kSentinel) {
    Ask({"SENTINEL", "MASTERS"}, [this](const Reply& reply) { OnMasters(reply); });
    // In one go with the names of last time; a new name is asked about when it appears.
    for (const SentinelMaster& known : facts_.masters) AskAboutMaster(known.master.name);
  } else {
    Ask({"PING"}, [this](const Reply& reply) { OnPing(reply); });
    // Before 7.0 CONFIG GET takes one name.
    if (!config_denied_) {
      Ask({"CONFIG", "GET", "min-replicas-to-write"},
          [this](const Reply& reply) { OnConfig(reply); });
    }
  }
  EndCommand();
}

void Node::Sample() {
  if (probing() || sampling_ || facts_.role() == Role::kSentinel) return;
  sampling_ = true;
  session_.Send({"INFO", "replication"}, [this](const Result<Reply>& reply) { OnSample(reply); });
}

void Node::Ask(std::initializer_list<std::string_view> command,
               std::function<void(const Reply&)> on_reply) {
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

void Node::EndCommand() {
  if (--outstanding_ > 0) return;
  probe_ended_ = Clock::now();
  facts_.seconds = Seconds(probe_ended_ - probe_started_);
  if (!failed_) facts_.error.reset();
}

void Node::Fail(const Error& error) {
  const bool first = !failed_;
  FailPart(error);
  facts_.answered = false;
  // Each command of the probe comes here when the login is refused; one of them changes it.
  if (error.code == ErrorCode::kAuth && first) UseOtherLogin();
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
  if (logins_.sentinel.password.empty()) return;
  login_of_sentinel_ = !login_of_sentinel_;
  const Login* other = login_of_sentinel_ ? &logins_.sentinel : &logins_.data;
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
  Result<Info> info = ParseInfo(reply.text);
  if (!info) {
    Fail(info.error());
    return;
  }
  MeasureClock(*info);
  const bool first = !facts_.info;
  facts_.info = std::move(*info);
  facts_.answered = true;
  both_logins_failed_ = false;
  if (first && facts_.role() == Role::kSentinel) {
    Ask({"SENTINEL", "MASTERS"}, [this](const Reply& masters) { OnMasters(masters); });
  }
}

/// server_time_usec is taken when INFO is put together: half a round trip before it is read here.
void Node::MeasureClock(const Info& info) {
  if (!info.server_time_microseconds) return;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const double now = std::chrono::duration<double>(wall).count();
  const double half_round_trip = Seconds(Clock::now() - probe_started_) / 2;
  facts_.clock_skew_seconds =
      static_cast<double>(*info.server_time_microseconds) / 1e6 - (now - half_round_trip);
}

/// PING shares the check that refuses writes when the disk does not take them; no other error
/// matters here.
void Node::OnPing(const Reply& reply) {
  facts_.writes_refused = reply.is_error() && reply.ErrorWord() == "MISCONF";
}

void Node::OnConfig(const Reply& reply) {
  facts_.required_replicas.reset();
  if (facts_.role() == Role::kSentinel) return;
  if (reply.is_error()) {
    config_denied_ = true;
    Log(LogLevel::kInfo,
        "CONFIG GET is not allowed; min-replicas-to-write is taken from INFO as far as it tells",
        {{"service", "redis"}, {"member", facts_.address}});
  } else if (reply.elements.size() == 2) {
    facts_.required_replicas = ParseInt(reply.elements[1].text);
  }
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
  const Result<Info> info = ParseInfo(reply->text);
  if (!info || !facts_.info) return;
  facts_.info->replication = info->replication;
  // A node that was silent and answers again is up with the next probe, which asks for all.
}

}  // namespace replicawatch::redis
