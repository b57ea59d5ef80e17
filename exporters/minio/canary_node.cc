#include "exporters/minio/canary_node.h"

#include <random>
#include <utility>

#include "common/base/text.h"
#include "exporters/minio/parse/health.h"
#include "exporters/minio/parse/s3_code.h"

namespace replicawatch::minio {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
constexpr size_t kContentSize = 1024;
/// Longer than the server holds a lock of a request that was given up.
constexpr auto kAvoid = std::chrono::minutes(2);

/// Never the same twice, so that an old object can't pass for the new one.
std::string MakeContent(const std::string& member) {
  static std::mt19937_64 random{std::random_device()()};
  std::string line = "replicawatch canary " + member;
  for (int i = 0; i < 4; ++i) line += " " + std::to_string(random());
  line += "\n";
  std::string content;
  while (content.size() < kContentSize) content += line;
  return content;
}

int GoodStatus(CanaryOperation operation) {
  return operation == CanaryOperation::kDelete ? 204 : 200;
}

bool HasLength(const FetchReply& reply, size_t size) {
  const std::string* length = FindHeader(reply.headers, "Content-Length");
  return length != nullptr && ParseInt(*length) == static_cast<int64_t>(size);
}

/// Empty when all is well.
std::string_view Judge(CanaryOperation operation, const Result<FetchReply>& reply,
                       const std::string& content) {
  constexpr std::string_view kMismatch = "content_mismatch";
  if (!reply) return ErrorCodeName(reply.error().code);
  if (reply->status != GoodStatus(operation)) return CodeLabel(reply->status, reply->body);
  if (operation == CanaryOperation::kGet && reply->body != content) return kMismatch;
  if (operation == CanaryOperation::kHead && !HasLength(*reply, content.size())) return kMismatch;
  return {};
}

}  // namespace

CanaryNode::CanaryNode(HttpClient& client, const NodeAddress& address, const S3Key* key,
                       const CanarySettings& settings)
    : settings_(settings), session_(client, address, key) {}

std::string CanaryNode::Key(size_t slot) const {
  return settings_.prefix + "/nodes/" + address().name + "/" + std::to_string(slot);
}

void CanaryNode::Begin() {
  running_ = true;
  written_ = false;
  asked_ = {};
  content_ = MakeContent(address().name);
  Ask(CanaryOperation::kPut);
}

void CanaryNode::Ask(CanaryOperation operation) {
  asked_[static_cast<size_t>(operation)] = true;
  const std::string& bucket = settings_.bucket;
  const size_t old_slot = old_slot_.value_or((slot_ + kSlots - 1) % kSlots);
  const std::string read_key = Key(written_ ? slot_ : old_slot);
  Request request;
  switch (operation) {
    case CanaryOperation::kPut:
      request = PutObject(bucket, Key(slot_), content_);
      break;
    case CanaryOperation::kGet:
      request = GetObject(bucket, read_key, 2 * kContentSize);
      break;
    case CanaryOperation::kHead:
      request = HeadObject(bucket, read_key);
      break;
    case CanaryOperation::kDelete:
      request = DeleteObject(bucket, Key(old_slot));
      break;
  }
  const TimePoint now = Clock::now();
  session_.Ask(
      std::move(request), Deadline::At(now + kLimit),
      [this, operation, now](const Result<FetchReply>& reply) { Finish(operation, now, reply); });
}

void CanaryNode::Finish(CanaryOperation operation, TimePoint started,
                        const Result<FetchReply>& reply) {
  CanaryOutcome& outcome = outcomes_[static_cast<size_t>(operation)];
  outcome.code = Judge(operation, reply,
                       written_ || operation == CanaryOperation::kPut ? content_ : old_content_);
  outcome.success = outcome.code.empty();
  outcome.seconds = Seconds(Clock::now() - started);
  ++outcome.attempts;
  if (*outcome.success) {
    outcome.last_success = UnixSeconds();
  } else {
    ++outcome.failures;
  }
  if (!reply) AvoidKey(operation);
  const bool may_read =
      operation == CanaryOperation::kPut && !reply && reply.error().code == ErrorCode::kTimeout;
  if (reply || may_read) {
    Continue(operation, *outcome.success);
  } else {
    End();
  }
}

void CanaryNode::AvoidKey(CanaryOperation operation) {
  const TimePoint until = Clock::now() + kAvoid;
  if (operation == CanaryOperation::kPut) avoid_until_[slot_] = until;
  if (operation == CanaryOperation::kDelete && old_slot_) avoid_until_[*old_slot_] = until;
}

void CanaryNode::Continue(CanaryOperation operation, bool success) {
  switch (operation) {
    case CanaryOperation::kPut:
      written_ = success;
      return success || old_slot_ ? Ask(CanaryOperation::kGet) : End();
    case CanaryOperation::kGet:
      return Ask(CanaryOperation::kHead);
    case CanaryOperation::kHead: {
      const bool read =
          outcomes_[static_cast<size_t>(CanaryOperation::kGet)].success.value_or(false);
      return written_ && read && success ? Ask(CanaryOperation::kDelete) : End();
    }
    case CanaryOperation::kDelete:
      return End();
  }
}

void CanaryNode::End() {
  running_ = false;
  ended_ = Clock::now();
  // What was left out is not known; until here the last round's results stood for it.
  for (size_t i = 0; i < kCanaryOperations; ++i) {
    if (!asked_[i]) outcomes_[i].success.reset();
  }
  if (written_) {
    old_slot_ = slot_;
    old_content_ = std::exchange(content_, {});
  }
  slot_ = NextSlot();
}

/// The same again when it may be, else one after the other; never the key that stays.
size_t CanaryNode::NextSlot() const {
  const TimePoint now = Clock::now();
  size_t last_choice = slot_;
  for (size_t i = 0; i < kSlots; ++i) {
    const size_t slot = (slot_ + i) % kSlots;
    if (slot == old_slot_) continue;
    if (now >= avoid_until_[slot]) return slot;
    last_choice = slot;
  }
  return last_choice;
}

CanaryNodeView CanaryNode::Look(TimePoint now) const {
  CanaryNodeView view{address().name, outcomes_, std::nullopt};
  if (ended_) view.age_seconds = AgeSeconds(*ended_, now);
  return view;
}

}  // namespace replicawatch::minio
