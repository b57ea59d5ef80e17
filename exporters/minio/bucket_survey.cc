#include "exporters/minio/bucket_survey.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "exporters/minio/parse/refusal.h"

namespace replicawatch::minio {
namespace {

using Kind = BucketQuestion::Kind;

constexpr auto kLimit = std::chrono::seconds(5);
/// The first list waits until the first scrapes are answered.
constexpr auto kStart = std::chrono::seconds(1);
constexpr auto kListInterval = std::chrono::minutes(1);
/// After accountinfo took too long.
constexpr auto kAccountPause = std::chrono::seconds(30);
/// After no node could answer.
constexpr auto kPause = std::chrono::minutes(1);
constexpr auto kRefusalPause = std::chrono::hours(1);
/// Keys of one bucket that are looked up on the drives in one round.
constexpr size_t kMostKeys = 200;

std::optional<double> Age(std::optional<TimePoint> time, TimePoint now) {
  if (!time) return std::nullopt;
  return AgeSeconds(*time, now);
}

std::vector<std::string> ServingNodes(const Nodes& nodes) {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes) {
    if (node->serves()) names.push_back(name);
  }
  return names;
}

}  // namespace

BucketSurvey::BucketSurvey(HttpClient& client, const S3Key* key, const BucketSettings& settings)
    : key_(key), settings_(settings), known_(settings), source_(client, key) {}

std::shared_ptr<const BucketFacts> BucketSurvey::Facts() {
  if (facts_ || (!list_time_ && refused_.empty())) return facts_;
  BucketFacts facts = known_.Facts();
  for (const auto& [topic, buckets] : refused_) {
    if (!buckets.empty()) facts.refused[topic] = buckets.size();
  }
  facts_ = std::make_shared<const BucketFacts>(std::move(facts));
  return facts_;
}

BucketAges BucketSurvey::Ages(TimePoint now) const {
  return {Age(list_time_, now), Age(account_time_, now), Age(documents_time_, now)};
}

TimePoint BucketSurvey::Tick(Nodes& nodes, TimePoint now) {
  if (key_ == nullptr || settings_.declared.empty() || running_) return TimePoint::max();
  if (!list_due_) list_due_ = now + kStart;
  if (now >= *list_due_) {
    list_due_ = now + ListInterval();
    failed_.clear();
    queue_.push_front({.kind = now < account_due_ ? Kind::kList : Kind::kAccount});
  } else if (queue_.empty() && list_time_ && now >= round_due_) {
    BeginRound(nodes, now);
  }
  while (!queue_.empty()) {
    if (Ask(nodes, now)) return TimePoint::max();
    GiveUp(now);
  }
  EndRound(now);
  return list_time_ ? std::min(*list_due_, round_due_) : *list_due_;
}

void BucketSurvey::BeginRound(const Nodes& nodes, TimePoint now) {
  round_ = now;
  round_complete_ = true;
  round_due_ = now + settings_.interval;
  const std::vector<std::string> serving = ServingNodes(nodes);
  for (size_t i = 0; i < settings_.declared.size(); ++i) {
    if (!known_.gone(i)) AddQuestions(i, serving, now);
  }
}

void BucketSurvey::AddQuestions(size_t bucket, const std::vector<std::string>& nodes,
                                TimePoint now) {
  const DeclaredBucket& declared = settings_.declared[bucket];
  const auto add = [&](BucketQuestion question) {
    question.bucket = bucket;
    if (!IsRefused(question, now)) queue_.push_back(std::move(question));
  };
  // What accountinfo says of these two costs nothing; of the lock it says no more than that.
  if (declared.versioning && account_failed_)
    add({.kind = Kind::kDocument, .aspect = BucketAspect::kVersioning});
  if (declared.lock && (declared.lock->retention || account_failed_))
    add({.kind = Kind::kDocument, .aspect = BucketAspect::kLock});
  for (const auto& [aspect, document] : declared.documents)
    add({.kind = Kind::kDocument, .aspect = aspect});
  if (known_.replicates(bucket)) {
    add({.kind = Kind::kReplication});
    known_.KeepTargetsOf(bucket, nodes);
    for (const std::string& node : nodes) add({.kind = Kind::kTargets, .node = node});
  }
  if (!settings_.uploads) return;
  for (const std::string& node : nodes) add({.kind = Kind::kUploads, .node = node});
}

/// All questions of the round are answered.
void BucketSurvey::EndRound(TimePoint now) {
  if (!round_) return;
  if (round_complete_) {
    documents_time_ = round_;
  } else {
    round_due_ = std::min(round_due_, now + kPause);
  }
  round_.reset();
}

/// Asks the first question. False when no node is left that could answer it.
bool BucketSurvey::Ask(Nodes& nodes, TimePoint now) {
  const BucketQuestion& question = queue_.front();
  if (question.of_node()) {
    const auto node = nodes.find(question.node);
    if (node == nodes.end() || !node->second->serves()) return false;
    source_.Choose(*node->second);
  } else if (!source_.Choose(nodes, failed_)) {
    return false;
  }
  running_ = true;
  source_.session().Ask(RequestFor(question, settings_.declared[question.bucket].name),
                        Deadline::At(now + kLimit),
                        [this, now](const Result<FetchReply>& reply) { Finish(now, reply); });
  return true;
}

Duration BucketSurvey::ListInterval() const {
  return std::min<Duration>(settings_.interval, kListInterval);
}

/// No node can answer the first question.
void BucketSurvey::GiveUp(TimePoint now) {
  const BucketQuestion question = queue_.front();
  queue_.pop_front();
  const bool asked = !std::exchange(failed_, {}).empty();
  if (question.of_node()) {
    round_complete_ = false;
    if (question.kind == Kind::kTargets) return;
    hunt_.complete = false;
    return AdvanceHunt(question.bucket);
  }
  if (question.kind == Kind::kAccount) {
    account_failed_ = true;
    if (asked) queue_.push_front({.kind = Kind::kList});
    return;
  }
  if (question.kind == Kind::kList) return;
  // The others of this round would not be answered either.
  queue_.clear();
  hunt_ = Hunt();
  round_complete_ = false;
  EndRound(now);
}

void BucketSurvey::Finish(TimePoint started, const Result<FetchReply>& reply) {
  running_ = false;
  if (!reply) return HandleSilence(reply.error());
  if (reply->status >= 500 && reply->status != 501)
    return HandleSilence(ParseRefusal(reply->status, reply->body));
  const BucketQuestion question = queue_.front();
  queue_.pop_front();
  failed_.clear();
  facts_.reset();
  if (const Result<void> taken = Take(question, *reply, started)) {
    Allow(question);
  } else {
    HandleRefusal(question, taken.error(), Clock::now());
  }
  if (question.about_uploads()) AdvanceHunt(question.bucket);
}

/// The node did not answer, or can't serve for now.
void BucketSurvey::HandleSilence(const Error& error) {
  const BucketQuestion& question = queue_.front();
  LogFolded(LogLevel::kDebug, "bucket survey: no answer",
            {{"service", "minio"},
             {"member", source_.name()},
             {"topic", TopicOf(question)},
             {"reason", error.message}});
  failed_.insert(source_.name());
  if (question.of_node()) {
    GiveUp(Clock::now());
  } else if (question.kind == Kind::kAccount && error.code == ErrorCode::kTimeout) {
    // With a node hung it takes 10 s and more at every node, while ListBuckets is answered at once.
    account_due_ = Clock::now() + kAccountPause;
    GiveUp(Clock::now());
  }
}

/// The node answered, but not what was asked.
void BucketSurvey::HandleRefusal(const BucketQuestion& question, const Error& error,
                                 TimePoint now) {
  if (error.code == ErrorCode::kAuth) {
    // The whole key is refused, of which the sampler of drives tells.
    queue_.clear();
    hunt_ = Hunt();
    hunt_.complete = !question.about_uploads();
    round_complete_ = false;
    round_due_ = std::max(round_due_, now + kPause);
    return;
  }
  if (question.kind == Kind::kAccount) {
    account_failed_ = true;
    queue_.push_front({.kind = Kind::kList});
    return;
  }
  Refuse(question, error, now);
}

void BucketSurvey::Refuse(const BucketQuestion& question, const Error& error, TimePoint now) {
  const std::string_view topic = TopicOf(question);
  Refusals& refusals = refused_[topic];
  if (refusals.empty()) {
    Log(LogLevel::kWarn, "buckets: this can't be read, it is left out",
        {{"service", "minio"},
         {"topic", topic},
         {"bucket", question.of_all() ? "" : settings_.declared[question.bucket].name},
         {"reason", error.message}});
  }
  refusals[question.bucket] = now + kRefusalPause;
  ForgetAnswer(question, known_);
  std::erase_if(queue_, [&](const BucketQuestion& other) {
    return other.bucket == question.bucket && TopicOf(other) == topic;
  });
  if (question.about_uploads()) hunt_.complete = false;
}

void BucketSurvey::Allow(const BucketQuestion& question) {
  const auto refusals = refused_.find(TopicOf(question));
  if (refusals != refused_.end()) refusals->second.erase(question.bucket);
}

bool BucketSurvey::IsRefused(const BucketQuestion& question, TimePoint now) const {
  const auto refusals = refused_.find(TopicOf(question));
  if (refusals == refused_.end()) return false;
  const auto refusal = refusals->second.find(question.bucket);
  return refusal != refusals->second.end() && now < refusal->second;
}

Result<void> BucketSurvey::Take(const BucketQuestion& question, const FetchReply& reply,
                                TimePoint started) {
  if (question.of_all()) return TakeList(question, reply, started);
  if (question.about_uploads() && reply.status == 200) return TakeUploads(question, reply);
  return TakeBucketAnswer(question, reply, known_);
}

Result<void> BucketSurvey::TakeList(const BucketQuestion& question, const FetchReply& reply,
                                    TimePoint started) {
  if (reply.status != 200) return tl::unexpected(ParseRefusal(reply.status, reply.body));
  const bool account = question.kind == Kind::kAccount;
  const auto list = account ? ParseAccountInfo(reply.body) : ParseBucketList(reply.body);
  if (!list) return tl::unexpected(list.error());
  list_time_ = started;
  // From its end, so that the other questions have their turn however long it took.
  list_due_ = Clock::now() + ListInterval();
  if (account) account_time_ = started;
  if (account) account_failed_ = false;
  for (const size_t missing : known_.TakeList(*list)) {
    BucketQuestion existence{.kind = Kind::kExistence, .bucket = missing};
    if (!IsRefused(existence, started)) queue_.push_front(std::move(existence));
  }
  if (known_.TakeArrival()) round_due_ = started;
  return {};
}

Result<void> BucketSurvey::TakeUploads(const BucketQuestion& question, const FetchReply& reply) {
  Result<std::vector<Upload>> uploads = ParseUploads(reply.body);
  if (!uploads) return tl::unexpected(uploads.error());
  for (Upload& upload : *uploads) {
    if (question.kind == Kind::kUploads) {
      hunt_.keys.insert(std::move(upload.key));
    } else {
      hunt_.found.push_back(std::move(upload));
    }
  }
  return {};
}

/// Goes on when all nodes have said what they know of the bucket, and ends with the last key.
void BucketSurvey::AdvanceHunt(size_t bucket) {
  const auto is_next = [&] {
    return !queue_.empty() && queue_.front().about_uploads() && queue_.front().bucket == bucket;
  };
  if (is_next()) return;
  if (hunt_.complete && !hunt_.confirming) {
    hunt_.confirming = true;
    // What was there the last time: a node that was started anew does not know of it.
    for (const std::string& key : known_.upload_keys(bucket)) hunt_.keys.insert(key);
    size_t count = 0;
    for (const std::string& key : hunt_.keys) {
      if (++count > kMostKeys) break;
      queue_.push_front({.kind = Kind::kUploadsOf, .bucket = bucket, .key = key});
    }
    hunt_.unconfirmed = hunt_.keys.size() - std::min(hunt_.keys.size(), kMostKeys);
    if (is_next()) return;
  }
  if (hunt_.complete && !known_.gone(bucket))
    known_.TakeUploads(bucket, hunt_.found, hunt_.unconfirmed);
  hunt_ = Hunt();
}

}  // namespace replicawatch::minio
