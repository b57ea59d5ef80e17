#include "exporters/minio/redundancy.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "exporters/minio/parse/refusal.h"

namespace replicawatch::minio {
namespace {

constexpr size_t kRing = 16;
constexpr auto kRequestLimit = std::chrono::seconds(5);
constexpr auto kRoundLimit = std::chrono::seconds(20);
constexpr auto kPollPause = std::chrono::milliseconds(300);
/// While no node serves.
constexpr auto kNoSource = std::chrono::seconds(2);

RedundancyView Sum(const std::vector<HealedObject>& objects) {
  RedundancyView view;
  view.objects = static_cast<int>(objects.size());
  const HealedObject* worst = nullptr;
  for (const HealedObject& object : objects) {
    view.under_replicated += object.lost > 0;
    if (worst == nullptr || object.present - object.data < worst->present - worst->data)
      worst = &object;
  }
  if (worst == nullptr) return view;
  view.shards_present = worst->present;
  view.data_blocks = worst->data;
  view.parity_blocks = worst->parity;
  return view;
}

}  // namespace

RedundancyProbe::RedundancyProbe(HttpClient& client, const S3Key* key,
                                 const CanarySettings& settings)
    : settings_(settings), ring_(settings.prefix + "/ring"), source_(client, key) {}

TimePoint RedundancyProbe::Tick(const Nodes& nodes, TimePoint now) {
  if (step_ == Step::kAsking) return TimePoint::max();
  if (now < due_) return due_;
  if (step_ == Step::kPausing) {
    Ask(PollHealCheck(settings_.bucket, ring_, token_), &RedundancyProbe::TakeStatus);
    return TimePoint::max();
  }
  if (!source_.Choose(nodes, failed_)) {
    failed_.clear();
    due_ = now + kNoSource;
    return due_;
  }
  Begin(now);
  return TimePoint::max();
}

void RedundancyProbe::Begin(TimePoint now) {
  give_up_ = now + kRoundLimit;
  found_.clear();
  if (const auto key = NextKey()) {
    Ask(PutObject(settings_.bucket, *key, "replicawatch " + *key + "\n"),
        &RedundancyProbe::TakePut);
  } else {
    StartLook();
  }
}

/// The next object of the ring that misses nothing; none when all do.
std::optional<std::string> RedundancyProbe::NextKey() {
  for (size_t i = 0; i < kRing; ++i) {
    const size_t slot = (next_slot_ + i) % kRing;
    std::string key = ring_ + "/" + std::to_string(slot);
    if (torn_.contains(key)) continue;
    next_slot_ = slot + 1;
    return key;
  }
  return std::nullopt;
}

void RedundancyProbe::Ask(Request request, void (RedundancyProbe::*take)(const FetchReply&)) {
  step_ = Step::kAsking;
  source_.session().Ask(std::move(request), Deadline::After(kRequestLimit),
                        [this, take](const Result<FetchReply>& reply) {
                          if (reply) {
                            (this->*take)(*reply);
                          } else {
                            Fail(reply.error());
                          }
                        });
}

/// A refused PUT is told by the canary of the nodes; the objects that are there can be looked at
/// all the same.
void RedundancyProbe::TakePut(const FetchReply&) { StartLook(); }

void RedundancyProbe::StartLook() {
  Ask(StartHealCheck(settings_.bucket, ring_), &RedundancyProbe::TakeStart);
}

void RedundancyProbe::TakeStart(const FetchReply& reply) {
  if (reply.status != 200) return Fail(ParseRefusal(reply.status, reply.body));
  Result<std::string> token = ParseHealStart(reply.body);
  if (!token) return Fail(token.error());
  token_ = std::move(*token);
  Ask(PollHealCheck(settings_.bucket, ring_, token_), &RedundancyProbe::TakeStatus);
}

void RedundancyProbe::TakeStatus(const FetchReply& reply) {
  if (reply.status != 200) return Fail(ParseRefusal(reply.status, reply.body));
  Result<HealStatus> status = ParseHealStatus(reply.body);
  if (!status) return Fail(status.error());
  std::move(status->objects.begin(), status->objects.end(), std::back_inserter(found_));
  if (status->finished) return Finish();
  const TimePoint now = Clock::now();
  if (now >= give_up_) return Fail({ErrorCode::kTimeout, "the run does not end"});
  step_ = Step::kPausing;
  due_ = now + kPollPause;
}

void RedundancyProbe::Fail(const Error& error) {
  const std::string& name = source_.name();
  if (!view_ || view_->success) {
    Log(LogLevel::kWarn, "the redundancy of the canary's objects can't be looked at",
        {{"service", "minio"},
         {"member", name},
         {"code", ErrorCodeName(error.code)},
         {"reason", error.message}});
  }
  failed_.insert(name);
  if (!view_) view_.emplace();
  view_->success = false;
  step_ = Step::kIdle;
  due_ = Clock::now() + settings_.interval;
}

void RedundancyProbe::Finish() {
  failed_.clear();
  torn_.clear();
  for (const HealedObject& object : found_) {
    if (object.lost > 0) torn_.insert(object.name);
  }
  view_ = Sum(found_);
  view_->success = true;
  looked_ = Clock::now();
  step_ = Step::kIdle;
  due_ = *looked_ + settings_.interval;
}

std::optional<RedundancyView> RedundancyProbe::Look(TimePoint now) const {
  std::optional<RedundancyView> view = view_;
  if (view && looked_) view->age_seconds = AgeSeconds(*looked_, now);
  return view;
}

}  // namespace replicawatch::minio
