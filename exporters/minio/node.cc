#include "exporters/minio/node.h"

#include <array>

#include "common/base/log.h"
#include "common/base/text.h"
#include "exporters/minio/parse/health.h"

namespace replicawatch::minio {
namespace {

/// Without scrapes each node is probed this often, so that the landing page and the log stay
/// current and a hung node is known before the next scrape.
constexpr auto kProbeInterval = std::chrono::seconds(5);
/// A node that refuses may be back any moment.
constexpr auto kDownInterval = std::chrono::seconds(1);
/// A silent node's probe is begun anew after this time: behind a cut link the kernel repeats its
/// packets ever more rarely, and a new connection finds the way sooner.
constexpr auto kAbandon = std::chrono::seconds(10);
/// How soon a new certificate is noticed. A handshake is all that it costs the node.
constexpr auto kCertificateInterval = std::chrono::minutes(1);
constexpr auto kCertificateLimit = std::chrono::seconds(5);
constexpr auto kVerdictLimit = std::chrono::seconds(5);
constexpr auto kRequestPoolInterval = std::chrono::minutes(1);

/// The node's clock minus ours, from the wall clock at the end of the transfer: the answer was made
/// somewhere between the request's way out and its first byte's way in, so the middle is off by at
/// most half of that.
double ClockSkew(int64_t node_ns, const FetchReply& reply) {
  const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const Duration since_middle = reply.total - (reply.sent + reply.first) / 2;
  return Seconds(std::chrono::nanoseconds(node_ns) - now_ns + since_middle);
}

}  // namespace

Node::Node(HttpClient& client, const NodeAddress& address)
    : session_(client, address, nullptr), own_identity_(NodeIdentity(address.name)) {
  facts_.name = address.name;
}

void Node::Probe(TimePoint now) {
  if (probing_since_) return;
  probing_since_ = now;
  session_.Ask(AskLive(), Deadline::At(now + kAbandon),
               [this](const Result<FetchReply>& reply) { OnProbe(reply); });
  if (address().tls && now >= next_certificate_) AskCertificate(now);
}

/// One that is refused is read as well. While the node does not answer, the last one stays.
void Node::AskCertificate(TimePoint now) {
  next_certificate_ = now + kCertificateInterval;
  session_.Ask(minio::AskCertificate(), Deadline::At(now + kCertificateLimit),
               [this](const Result<FetchReply>& reply) {
                 if (reply && reply->certificate_end)
                   facts_.certificate_end_unix = reply->certificate_end;
               });
}

void Node::OnProbe(const Result<FetchReply>& reply) {
  const State before = state();
  const bool was_untried = untried();
  const TimePoint now = Clock::now();
  facts_.probe_seconds = Seconds(now - *probing_since_);
  probing_since_.reset();
  probed_ = now;
  silent_ = !reply && reply.error().code == ErrorCode::kTimeout;
  const Result<Liveness> live =
      reply ? ParseLiveness(reply->status, reply->headers) : tl::unexpected(reply.error());
  if (live) {
    facts_.answered = true;
    facts_.initialized = live->initialized;
    facts_.identity = live->identity == own_identity_ ? "" : live->identity;
    facts_.probe_error.reset();
    facts_.clock_skew_seconds.reset();
    if (live->clock_unix_ns) {
      facts_.clock_skew_seconds = ClockSkew(*live->clock_unix_ns, *reply);
    }
  } else {
    SetDown(live.error());
  }
  NoteState(before, was_untried);
}

void Node::SetDown(Error error) {
  facts_.answered = false;
  facts_.initialized = false;
  // One text for one cause: how long libcurl waited changes from try to try.
  if (error.code == ErrorCode::kTimeout) error.message = "no answer to /minio/health/live";
  // The log of changes tells codes apart: a node that came back with a certificate that is refused
  // is down by the same code as before.
  const auto& before = facts_.probe_error;
  if (before && before->code == error.code && before->message != error.message) {
    LogFolded(LogLevel::kWarn, "member down for another reason",
              {{"service", "minio"},
               {"member", facts_.name},
               {"code", ErrorCodeName(error.code)},
               {"reason", error.message}});
    next_certificate_ = TimePoint();
  }
  facts_.probe_error = std::move(error);
  facts_.request_pool.reset();
  // What the admin API said last is no longer the node's last failure.
  facts_.admin_error.reset();
}

void Node::NoteState(State before, bool was_untried) {
  if (was_untried || state() == before) return;
  changed_ = true;
  // It may have been restarted with another one, or its old one may have ended.
  next_certificate_ = TimePoint();
}

void Node::MarkSilent() {
  if (!probing_since_ || silent_) return;
  const State before = state();
  const bool was_untried = untried();
  silent_ = true;
  facts_.probe_seconds = Seconds(Clock::now() - *probing_since_);
  SetDown({ErrorCode::kTimeout, {}});
  NoteState(before, was_untried);
}

void Node::Tick(TimePoint now) {
  if (now < NextTick()) return;
  if (probing_since_) {
    MarkSilent();
  } else {
    Probe(now);
  }
}

TimePoint Node::NextTick() const {
  if (probing_since_) return silent_ ? TimePoint::max() : *probing_since_ + kProbeLimit;
  if (!probed_ || silent_) return TimePoint();
  return *probed_ + (facts_.answered ? Duration(kProbeInterval) : Duration(kDownInterval));
}

void Node::AskVerdicts(TimePoint now) {
  ++verdict_round_;
  AskVerdict(0, Deadline::At(now + kVerdictLimit));
  if (now >= next_request_pool_) AskRequestPool(now);
}

/// One after the other, so that they need one connection; after one that is not answered the others
/// would not be either.
void Node::AskVerdict(size_t index, Deadline deadline) {
  struct Question {
    Request (*request)();
    Result<bool> (*parse)(int status, const Headers& headers);
    std::optional<bool> Verdicts::*verdict;
  };
  static constexpr std::array<Question, 4> kQuestions = {{
      {AskReady, ParseReady, &Verdicts::ready},
      {AskClusterWrite, ParseClusterHealth, &Verdicts::write_quorum},
      {AskClusterRead, ParseClusterHealth, &Verdicts::read_quorum},
      {AskMaintenance, ParseMaintenance, &Verdicts::may_be_stopped},
  }};
  if (index == kQuestions.size()) return;
  session_.Ask(kQuestions[index].request(), deadline,
               [this, index, deadline, round = verdict_round_](const Result<FetchReply>& reply) {
                 if (round != verdict_round_) return;
                 if (!reply) {
                   for (size_t i = index; i < kQuestions.size(); ++i)
                     (facts_.verdicts.*kQuestions[i].verdict).reset();
                   return;
                 }
                 const auto said = kQuestions[index].parse(reply->status, reply->headers);
                 facts_.verdicts.*kQuestions[index].verdict =
                     said ? std::optional<bool>(*said) : std::nullopt;
                 AskVerdict(index + 1, deadline);
               });
}

void Node::AskRequestPool(TimePoint now) {
  next_request_pool_ = now + kRequestPoolInterval;
  session_.Ask(minio::AskRequestPool(), Deadline::At(now + kVerdictLimit),
               [this](const Result<FetchReply>& reply) {
                 facts_.request_pool =
                     reply ? ParseRequestPool(reply->headers) : std::optional<RequestPool>();
               });
}

void Node::ForgetVerdicts() {
  ++verdict_round_;
  facts_.verdicts = {};
}

}  // namespace replicawatch::minio
