#include "exporters/minio/sampler.h"

#include <algorithm>

#include "common/base/log.h"
#include "exporters/minio/parse/refusal.h"
#include "exporters/minio/parse/server_info.h"

namespace replicawatch::minio {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
/// After all nodes have failed.
constexpr auto kPause = std::chrono::seconds(2);
/// A node that came back shows in storageinfo a second or two later than in its own answers, and a
/// wiped drive heals for some: after a change the cluster is looked at more often for a while.
constexpr auto kEager = std::chrono::seconds(15);
constexpr auto kEagerInterval = std::chrono::seconds(2);
/// The first info waits until the first scrapes are answered: it costs the cluster more than they
/// do.
constexpr auto kInfoDelay = std::chrono::seconds(1);
constexpr auto kSoon = std::chrono::milliseconds(500);

}  // namespace

std::optional<double> Sampler::InventoryAge(TimePoint now) const {
  if (!inventory_) return std::nullopt;
  return Seconds(std::max(now - inventory_time_, Duration::zero()));
}

void Sampler::NoteChange(TimePoint now) {
  eager_until_ = now + kEager;
  storage_.due = std::min(storage_.due, now + kSoon);
  info_.due = std::min(info_.due, now + kEagerInterval);
  storage_.failed.clear();
  info_.failed.clear();
}

TimePoint Sampler::Tick(Nodes& nodes, TimePoint now) {
  if (key_ == nullptr || running_) return TimePoint::max();
  if (now >= storage_.due && Begin(storage_, nodes, now)) return TimePoint::max();
  if (inventory_ && now >= info_.due && Begin(info_, nodes, now)) return TimePoint::max();
  return inventory_ ? std::min(storage_.due, info_.due) : storage_.due;
}

bool Sampler::Begin(Call& call, Nodes& nodes, TimePoint now) {
  Node* source =
      PickSource(nodes, call.failed, session_ ? session_->address().name : std::string_view());
  if (source == nullptr) {
    call.failed.clear();
    call.due = now + kPause;
    if (&call == &storage_) gave_up_ = true;
    return false;
  }
  if (!session_ || session_->address() != source->address()) {
    session_ = std::make_unique<Session>(client_, source->address(), key_);
  }
  running_ = true;
  session_->Ask(call.request(), Deadline::At(now + kLimit),
                [this, &call, &nodes, now](const Result<FetchReply>& reply) {
                  Finish(call, nodes, now, reply);
                });
  // Set before the answer, so that a change in the meantime can bring it forward again.
  call.due = now + Interval(call, now);
  return true;
}

Duration Sampler::Interval(const Call& call, TimePoint now) const {
  if (&call == &storage_ && now < eager_until_) return kEagerInterval;
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
    taken = TakeAnswer(call, nodes, started, *reply);
  }
  if (taken) {
    call.failed.clear();
  } else {
    Log(LogLevel::kDebug, "admin call failed",
        {{"service", "minio"},
         {"member", session_->address().name},
         {"reason", taken.error().message}});
    // A broken connection is the probes' matter, and silence may be that of the peers it asks.
    const bool own_fault =
        reply ? taken.error().code != ErrorCode::kConnect : taken.error().code == ErrorCode::kLimit;
    if (&call == &storage_) {
      HandleStorageFailure(nodes, taken.error(), own_fault, now);
    } else {
      HandleInfoFailure(taken.error());
    }
  }
}

Result<void> Sampler::TakeAnswer(const Call& call, Nodes& nodes, TimePoint started,
                                 const FetchReply& reply) {
  if (&call == &info_) {
    const Result<ServerInfo> info = ParseServerInfo(reply.body);
    if (!info) return tl::unexpected(info.error());
    for (const ServerEntry& server : info->servers) {
      const auto node = nodes.find(server.node);
      if (node != nodes.end() && !server.version.empty()) node->second->SetVersion(server.version);
    }
    info_refused_ = false;
    return {};
  }
  Result<StorageInfo> info = ParseStorageInfo(reply.body);
  if (!info) return tl::unexpected(info.error());
  if (!inventory_) info_.due = Clock::now() + kInfoDelay;
  inventory_ = MergeInventory(inventory(), std::move(*info), session_->address());
  inventory_time_ = started;
  new_ = true;
  for (const auto& [name, node] : nodes) node->SetAdminError(std::nullopt);
  return {};
}

void Sampler::HandleStorageFailure(Nodes& nodes, const Error& error, bool own_fault,
                                   TimePoint now) {
  const std::string& name = session_->address().name;
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

void Sampler::HandleInfoFailure(const Error& error) {
  const std::string& name = session_->address().name;
  // With a node hung it fails at every node, so that the next one has time until the next round.
  if (error.code != ErrorCode::kPermission) {
    info_.failed.insert(name);
    return;
  }
  // A key may well lack it, being the lesser of two privileges: then versions are not compared.
  if (!info_refused_) {
    Log(LogLevel::kInfo, "admin info is not permitted: versions are not compared",
        {{"service", "minio"}, {"member", name}});
  }
  info_refused_ = true;
}

}  // namespace replicawatch::minio
