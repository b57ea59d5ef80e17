#include "exporters/minio/native.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "exporters/minio/metrics_token.h"
#include "exporters/minio/parse/refusal.h"

namespace replicawatch::minio {
namespace {

/// After which a page that does not come is asked for anew.
constexpr auto kAbandon = std::chrono::seconds(10);
constexpr auto kClusterLimit = std::chrono::seconds(5);
constexpr auto kClusterInterval = std::chrono::seconds(30);
/// With a node hung these pages fail at every other node too, which waits for it.
constexpr auto kClusterRetry = std::chrono::seconds(10);
constexpr auto kNoSource = std::chrono::seconds(2);
/// How old a page about the cluster may get.
constexpr auto kOldest = std::chrono::minutes(2);
/// All nodes share the users: after a refusal none is asked for a while.
constexpr auto kRefusalPause = std::chrono::minutes(1);
/// A node that has just started refuses every key until it has read the users: what a node has
/// granted within this time is no matter of rights.
constexpr auto kGranted = std::chrono::minutes(1);
/// Clocks may differ by as much as a signed request allows.
constexpr auto kTokenLife = std::chrono::minutes(16);
constexpr auto kTokenRenewal = std::chrono::minutes(1);

}  // namespace

NativeRelay::NativeRelay(HttpClient& client, const S3Key* key, Pages pages)
    : client_(client),
      key_(key),
      wanted_(pages),
      pages_{ClusterPage{"cluster", AskClusterMetrics, Source(client, nullptr)},
             ClusterPage{"bucket", AskBucketMetrics, Source(client, nullptr)}} {}

Secret NativeRelay::Token(TimePoint now) {
  if (key_ == nullptr) return {};
  if (now >= token_until_) {
    const auto end = std::chrono::system_clock::now() + kTokenLife;
    token_ = MakeMetricsToken(*key_, std::chrono::system_clock::to_time_t(end));
    token_until_ = now + kTokenRenewal;
  }
  return token_;
}

std::shared_ptr<const std::string> NativeRelay::Take(const std::string& node,
                                                     Result<FetchReply> reply) {
  if (reply && reply->status == 200) {
    refused_ = false;
    granted_ = Clock::now();
    return std::make_shared<const std::string>(std::move(reply->body));
  }
  const Error error = reply ? ParseRefusal(reply->status, reply->body) : reply.error();
  const TimePoint now = Clock::now();
  const bool no_right = error.code == ErrorCode::kPermission || error.code == ErrorCode::kAuth;
  if (no_right && (!granted_ || now > *granted_ + kGranted)) {
    if (!refused_) {
      Log(LogLevel::kWarn, "the nodes' own metrics are not permitted: admin:Prometheus is missing",
          {{"service", "minio"}, {"member", node}, {"reason", error.message}});
    }
    refused_ = true;
    paused_until_ = now + kRefusalPause;
  } else {
    LogFolded(LogLevel::kDebug, "no metrics page",
              {{"service", "minio"}, {"member", node}, {"reason", error.message}});
  }
  return nullptr;
}

/// Forgets the nodes that are no members any more.
void NativeRelay::DropOthers(std::span<const Node* const> members) {
  if (nodes_.size() <= members.size()) return;
  std::erase_if(nodes_, [&](const auto& page) {
    return std::none_of(members.begin(), members.end(),
                        [&](const Node* member) { return member->address().name == page.first; });
  });
}

NativeRelay::NodePage& NativeRelay::PageOf(const Node& member) {
  NodePage& page = nodes_[member.address().name];
  if (page.session && page.session->address() == member.address()) return page;
  page = NodePage{};
  page.session = std::make_unique<Session>(client_, member.address(), nullptr);
  return page;
}

void NativeRelay::AskNode(NodePage& page, TimePoint now) {
  page.asked = now;
  page.session->Ask(AskNodeMetrics(Token(now)), Deadline::At(now + kAbandon),
                    [this, &page](Result<FetchReply> reply) {
                      page.asked.reset();
                      page.answered = Clock::now();
                      page.overdue = !reply && reply.error().code == ErrorCode::kTimeout;
                      page.text = Take(page.session->address().name, std::move(reply));
                    });
}

bool NativeRelay::Settle(std::span<const Node* const> members, TimePoint start, bool expired,
                         TimePoint now, TimePoint& wake) {
  if (now < paused_until_) return true;
  DropOthers(members);
  bool settled = true;
  for (const ClusterPage& page : pages_) {
    if (wanted_ != Pages::kAll || page.tried || expired || now >= start + kPageLimit) continue;
    wake = std::min(wake, start + kPageLimit);
    settled = false;
  }
  for (const Node* member : members) {
    NodePage& page = PageOf(*member);
    if (page.answered && *page.answered >= start) continue;
    if (page.asked && (expired || now >= *page.asked + kPageLimit)) page.overdue = true;
    if (!page.asked && !expired) AskNode(page, now);
    if (expired && !page.overdue) page.text.reset();
    if (page.overdue || member->silent() || expired) continue;
    wake = std::min(wake, *page.asked + kPageLimit);
    settled = false;
  }
  return settled;
}

TimePoint NativeRelay::Tick(const Nodes& nodes, TimePoint now) {
  if (wanted_ != Pages::kAll) return TimePoint::max();
  TimePoint next = TimePoint::max();
  for (ClusterPage& page : pages_) {
    if (page.running) continue;
    if (now >= std::max(page.due, paused_until_)) AskCluster(page, nodes, now);
    if (!page.running) next = std::min(next, std::max(page.due, paused_until_));
  }
  return next;
}

void NativeRelay::AskCluster(ClusterPage& page, const Nodes& nodes, TimePoint now) {
  if (!page.source.Choose(nodes, page.failed)) {
    page.failed.clear();
    page.tried = true;
    page.due = now + kNoSource;
    return;
  }
  page.running = true;
  page.source.session().Ask(page.request(Token(now)), Deadline::At(now + kClusterLimit),
                            [this, &page, now](Result<FetchReply> reply) {
                              const std::string& name = page.source.name();
                              page.running = false;
                              page.tried = true;
                              auto text = Take(name, std::move(reply));
                              page.due = now + (text ? kClusterInterval : kClusterRetry);
                              if (text == nullptr) {
                                page.failed.insert(name);
                                return;
                              }
                              page.failed.clear();
                              page.text = std::move(text);
                              page.taken = now;
                            });
}

std::shared_ptr<const NativeView> NativeRelay::Look(std::span<const Node* const> members,
                                                    TimePoint now) const {
  if (!enabled()) return nullptr;
  auto view = std::make_shared<NativeView>();
  for (const Node* member : members) {
    const std::string& name = member->address().name;
    const auto known = nodes_.find(name);
    const bool came = known != nodes_.end() && !known->second.overdue && !member->silent() &&
                      now >= paused_until_;
    view->nodes.push_back({name, came ? known->second.text : nullptr});
  }
  for (const ClusterPage& page : pages_) {
    NativeClusterPage& out = view->pages.emplace_back(NativeClusterPage{page.name, nullptr, {}});
    if (page.text == nullptr || now > page.taken + kOldest) continue;
    out.text = page.text;
    out.age_seconds = AgeSeconds(page.taken, now);
  }
  return view;
}

}  // namespace replicawatch::minio
