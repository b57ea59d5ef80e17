#include "exporters/minio/node.h"

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
constexpr auto kVerdictLimit = std::chrono::seconds(5);

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

Node::Node(HttpClient& client, const NodeAddress& address) : session_(client, address, nullptr) {
  facts_.name = address.name;
}

void Node::Probe(TimePoint now) {
  if (probing_since_) return;
  probing_since_ = now;
  session_.Ask(AskLive(), Deadline::At(now + kAbandon),
               [this](const Result<FetchReply>& reply) { OnProbe(reply); });
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
  facts_.probe_error = std::move(error);
  // What the admin API said last is no longer the node's last failure.
  facts_.admin_error.reset();
}

void Node::NoteState(State before, bool was_untried) {
  if (!was_untried && state() != before) changed_ = true;
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

void Node::AskVerdict(TimePoint now) {
  const unsigned round = ++verdict_round_;
  const auto ask = [&](Request request, std::optional<bool> NodeFacts::*verdict) {
    session_.Ask(std::move(request), Deadline::At(now + kVerdictLimit),
                 [this, round, verdict](const Result<FetchReply>& reply) {
                   if (round != verdict_round_) return;
                   (facts_.*verdict).reset();
                   if (!reply) return;
                   if (const auto sees = ParseClusterHealth(reply->status, reply->headers)) {
                     facts_.*verdict = *sees;
                   }
                 });
  };
  ask(AskClusterWrite(), &NodeFacts::sees_write_quorum);
  ask(AskClusterRead(), &NodeFacts::sees_read_quorum);
}

void Node::ForgetVerdict() {
  ++verdict_round_;
  facts_.sees_write_quorum.reset();
  facts_.sees_read_quorum.reset();
}

}  // namespace replicawatch::minio
