#include "exporters/minio/sampler.h"

#include <algorithm>
#include <cmath>

#include "common/base/log.h"
#include "exporters/minio/parse/refusal.h"

namespace replicawatch::minio {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
/// After all nodes have failed.
constexpr auto kPause = std::chrono::seconds(2);
/// A node that came back shows in storageinfo a second or two later than in its own answers, and a
/// wiped drive heals for some: after a change the cluster is looked at more often for a while.
constexpr auto kEager = std::chrono::seconds(15);
constexpr auto kEagerInterval = std::chrono::seconds(2);
/// The first info and metrics wait until the first scrapes are answered: they cost the cluster more
/// than these do.
constexpr auto kDetailDelay = std::chrono::seconds(1);
constexpr auto kHealingInterval = std::chrono::seconds(5);
constexpr auto kRefusedPause = std::chrono::hours(1);
/// A start is told as an uptime in whole seconds: it moves by one from answer to answer.
constexpr double kStartJitter = 2;
constexpr auto kSoon = std::chrono::milliseconds(500);

void SetStart(std::optional<double> uptime, double now, std::optional<double>& start) {
  if (!uptime) return;
  const double fresh = now - *uptime;
  if (!start || std::abs(fresh - *start) > kStartJitter) start = std::round(fresh);
}

}  // namespace

std::optional<double> Sampler::InventoryAge(TimePoint now) const {
  if (!inventory_) return std::nullopt;
  return AgeSeconds(inventory_time_, now);
}

void Sampler::NoteChange(TimePoint now) {
  eager_until_ = now + kEager;
  storage_.due = std::min(storage_.due, now + kSoon);
  storage_.failed.clear();
  for (Call* call : {&info_, &metrics_}) {
    if (!call->said_refused) call->due = std::min(call->due, now + kEagerInterval);
    call->failed.clear();
  }
}

TimePoint Sampler::Tick(Nodes& nodes, TimePoint now) {
  if (key_ == nullptr || running_) return TimePoint::max();
  if (now >= storage_.due && Begin(storage_, nodes, now)) return TimePoint::max();
  if (!inventory_) return storage_.due;
  for (Call* call : {&info_, &metrics_}) {
    if (now >= call->due && Begin(*call, nodes, now)) return TimePoint::max();
  }
  return std::min({storage_.due, info_.due, metrics_.due});
}

bool Sampler::Begin(Call& call, Nodes& nodes, TimePoint now) {
  if (!source_.Choose(nodes, call.failed)) {
    call.failed.clear();
    call.due = now + kPause;
    if (&call == &storage_) gave_up_ = true;
    return false;
  }
  running_ = true;
  source_.session().Ask(call.request(), Deadline::At(now + kLimit),
                        [this, &call, &nodes, now](const Result<FetchReply>& reply) {
                          Finish(call, nodes, now, reply);
                        });
  // Set before the answer, so that a change in the meantime can bring it forward again.
  call.due = now + Interval(call, now);
  return true;
}

Duration Sampler::Interval(const Call& call, TimePoint now) const {
  if (&call != &storage_) return call.interval;
  if (now < eager_until_) return kEagerInterval;
  const auto in_work = [](const KnownDrive& drive) {
    return drive.state == DriveState::kHealing || drive.state == DriveState::kUnformatted;
  };
  if (inventory_ && std::any_of(inventory_->drives.begin(), inventory_->drives.end(), in_work))
    return kHealingInterval;
  return call.interval;
}

void Sampler::Finish(Call& call, Nodes& nodes, TimePoint started, const Result<FetchReply>& reply) {
  running_ = false;
  const TimePoint now = Clock::now();
  Result<void> taken;
  if (!reply) {
    taken = tl::unexpected(reply.error());
  } else if (reply->status != 200) {
    taken = tl::unexpected(ParseRefusal(reply->status, reply->body));
  } else {
    taken = (this->*call.take)(nodes, started, *reply);
  }
  if (taken) {
    call.failed.clear();
  } else {
    LogFolded(LogLevel::kDebug, "admin call failed",
              {{"service", "minio"},
               {"call", call.name},
               {"member", source_.name()},
               {"reason", taken.error().message}});
    // A broken connection is the probes' matter, and silence may be that of the peers it asks.
    const bool own_fault =
        reply ? taken.error().code != ErrorCode::kConnect : taken.error().code == ErrorCode::kLimit;
    if (&call == &storage_) {
      HandleStorageFailure(nodes, taken.error(), own_fault, now);
    } else {
      HandleDetailFailure(call, taken.error(), now);
      // Who reaches whom is worth nothing when it is old.
      if (&call == &metrics_) {
        for (const auto& [name, node] : nodes) node->told().connections.reset();
      }
    }
  }
}

Result<void> Sampler::TakeStorage(Nodes& nodes, TimePoint started, const FetchReply& reply) {
  Result<StorageInfo> info = ParseStorageInfo(reply.body);
  if (!info) return tl::unexpected(info.error());
  if (!inventory_) info_.due = metrics_.due = Clock::now() + kDetailDelay;
  inventory_ =
      MergeInventory(inventory(), std::move(*info), source_.session().address(), UnixSeconds());
  healing_pace_.Observe(*inventory_, started);
  inventory_time_ = started;
  new_ = true;
  for (const auto& [name, node] : nodes) node->SetAdminError(std::nullopt);
  return {};
}

Result<void> Sampler::TakeInfo(Nodes& nodes, TimePoint, const FetchReply& reply) {
  Result<ServerInfo> info = ParseServerInfo(reply.body);
  if (!info) return tl::unexpected(info.error());
  const double now = UnixSeconds();
  for (const ServerEntry& server : info->servers) {
    const auto node = nodes.find(server.node);
    // One that the node asked did not reach has no version: what was known stays.
    if (node == nodes.end() || server.version.empty()) continue;
    ToldOfNode& told = node->second->told();
    told.version = server.version;
    told.commit = server.commit;
    told.settings = server.settings;
    SetStart(server.uptime_seconds, now, told.start_unix_seconds);
  }
  cluster_facts_.targets = std::move(info->targets);
  if (info->buckets) cluster_facts_.buckets = info->buckets;
  if (info->objects) cluster_facts_.objects = info->objects;
  if (info->usage_bytes) cluster_facts_.usage_bytes = info->usage_bytes;
  return {};
}

Result<void> Sampler::TakeMetrics(Nodes& nodes, TimePoint, const FetchReply& reply) {
  Result<RealtimeMetrics> metrics = ParseRealtimeMetrics(reply.body);
  if (!metrics) return tl::unexpected(metrics.error());
  for (const auto& [name, node] : nodes) {
    const auto told = metrics->nodes.find(name);
    auto& connections = node->told().connections;
    connections.reset();
    if (told != metrics->nodes.end())
      connections = std::make_shared<const PeerConnections>(std::move(told->second));
  }
  if (metrics->scan_end_unix_seconds)
    cluster_facts_.scan_end_unix_seconds = metrics->scan_end_unix_seconds;
  return {};
}

void Sampler::HandleStorageFailure(Nodes& nodes, const Error& error, bool own_fault,
                                   TimePoint now) {
  const std::string& name = source_.name();
  const auto source = nodes.find(name);
  if (own_fault && source != nodes.end()) {
    source->second->SetAdminError(Error{error.code, "admin storageinfo: " + error.message});
  }
  if (error.code == ErrorCode::kAuth || error.code == ErrorCode::kPermission) {
    // All nodes share the users: another one would say the same.
    gave_up_ = true;
    return;
  }
  storage_.failed.insert(name);
  storage_.due = now;
}

void Sampler::HandleDetailFailure(Call& call, const Error& error, TimePoint now) {
  const std::string& name = source_.name();
  // With a node hung it fails at every node, so that the next one has time until the next round.
  if (error.code != ErrorCode::kPermission) {
    call.failed.insert(name);
    return;
  }
  call.due = now + kRefusedPause;
  // A key may well lack it, being the lesser of two privileges.
  if (!call.said_refused) {
    Log(LogLevel::kInfo, "admin call is not permitted: what it tells is left out",
        {{"service", "minio"}, {"call", call.name}, {"member", name}});
  }
  call.said_refused = true;
}

}  // namespace replicawatch::minio
