#include "exporters/redis/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/scrape/publish.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);
/// Without scrapes all is asked this often, so that the landing page and the log stay current.
constexpr auto kFullProbe = std::chrono::seconds(10);
/// A node that is silent this long is down, whatever a scrape's budget.
constexpr auto kLongestBudget = std::chrono::milliseconds(9500);
/// A node that nobody names any more is forgotten after this time: soon when Sentinels, which never
/// forget by themselves, say so; late when only a master could name it, which drops a lost replica
/// at once.
constexpr auto kForgetWithSentinels = std::chrono::minutes(1);
constexpr auto kForgetWithout = std::chrono::hours(24);
/// More nodes than any deployment has: a bound against answers that name new ones without end.
constexpr size_t kMaxNodes = 1000;
constexpr std::string_view kHelloChannel = "__sentinel__:hello";
/// Each refused SUBSCRIBE is an entry in the server's ACL log.
constexpr auto kListenAgain = std::chrono::minutes(1);

}  // namespace

RedisWatcher::RedisWatcher(WatchOptions options)
    : options_(std::move(options)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      desk_([this] { eventfd_write(wake_fd_, 1); }) {
  if (options_.nodes.heartbeat) heartbeat_.emplace(options_.nodes, resolver_);
  thread_ = std::thread([this] { Run(); });
}

RedisWatcher::~RedisWatcher() {
  RedisWatcher::Stop();
  close(wake_fd_);
}

void RedisWatcher::Stop() {
  desk_.Stop();
  if (thread_.joinable()) thread_.join();
}

void RedisWatcher::Scrape(const ScrapeRequest& request, SampleSink& sink) {
  if (const auto view = desk_.Wait(request.deadline))
    PublishView(*view, Collectors(), request, sink);
}

std::shared_ptr<const Overview> RedisWatcher::Latest() const { return desk_.Latest(); }

void RedisWatcher::AddSurveyOf(const std::string& member, NodeView& node) const {
  const auto view = desk_.LatestView();
  if (!view || node.info == nullptr) return;
  const auto known = std::find_if(view->nodes.begin(), view->nodes.end(),
                                  [&](const NodeView& other) { return other.member == member; });
  if (known == view->nodes.end()) return;
  node.survey = known->survey;
  node.survey_age_seconds = known->survey_age_seconds;
}

void RedisWatcher::Run() {
  for (const std::string& seed : options_.seeds) AddNode(seed, false, Clock::now());
  while (desk_.Accept(gathers_)) {
    const TimePoint now = Clock::now();
    if (now >= next_tick_) Tick(now);
    if (!gathers_.empty()) ServeGathers(now);
    TimePoint until = std::min(next_tick_, StepSurveys(now));
    for (const auto& gather : gathers_) until = std::min(until, gather->deadline.point());
    Wait(until);
  }
}

void RedisWatcher::Wait(TimePoint until) {
  std::vector<pollfd> polled = {{wake_fd_, POLLIN, 0}};
  std::vector<Session*> sessions;
  const auto add = [&](Session& session) {
    polled.push_back(session.Interest());
    sessions.push_back(&session);
  };
  for (auto& [address, watched] : nodes_) add(watched.node->session());
  if (listener_) add(*listener_);
  if (heartbeat_) heartbeat_->ForEachSession(add);
  for (auto& [address, survey] : surveys_) survey->ForEachSession(add);
  poll(polled.data(), polled.size(), Deadline::At(until).RemainingMs());
  eventfd_t ignored = 0;
  if (polled[0].revents != 0) eventfd_read(wake_fd_, &ignored);
  const TimePoint now = Clock::now();
  for (size_t i = 0; i < sessions.size(); ++i) sessions[i]->Advance(polled[i + 1].revents, now);
}

void RedisWatcher::Tick(TimePoint now) {
  next_tick_ = now + kTick;
  FindNodes(now);
  ListenForSentinels(now);
  for (auto& [address, watched] : nodes_) {
    if (IsDuplicate(address)) continue;
    Node& node = *watched.node;
    const auto silent_since = node.session().silent_since();
    if (silent_since && now - *silent_since > kLongestBudget) {
      if (node.facts().answered || !node.facts().error) node.MarkTimedOut(now);
    }
    // A node that does not answer is asked for all at once, so that it is back as soon as it
    // answers.
    if (!node.facts().answered || now - node.probe_ended() > kFullProbe) {
      node.Probe(now);
    } else {
      node.Sample();
    }
  }
  if (heartbeat_) SendHeartbeats(now);
  desk_.Publish(Join(now));
}

/// Lets each node's survey go on and returns when the next step is due.
TimePoint RedisWatcher::StepSurveys(TimePoint now) {
  if (!options_.nodes.survey) return TimePoint::max();
  SurveyRound round(now);
  std::erase_if(surveys_, [&](const auto& entry) { return !nodes_.contains(entry.first); });
  for (auto& [address, watched] : nodes_) {
    if (IsDuplicate(address)) continue;
    std::unique_ptr<Survey>& survey = surveys_[address];
    if (!survey) {
      survey = std::make_unique<Survey>(options_.nodes, *SplitAddress(address), resolver_);
    }
    round.Add(*survey, watched.node->facts());
  }
  return round.Step();
}

void RedisWatcher::SendHeartbeats(TimePoint now) {
  std::map<std::string, Node*> primaries;
  for (const GroupTopology& group : topology_.groups) {
    if (!group.slots.empty()) continue;  // the bus of a Cluster carries messages past the stream
    for (const std::string& address : group.data_nodes) {
      const auto found = nodes_.find(address);
      if (found == nodes_.end()) continue;
      const NodeFacts& facts = found->second.node->facts();
      const bool named = group.named_master.empty() || group.named_master == address;
      if (facts.answered && facts.role() == Role::kMaster && named)
        primaries.emplace(group.name, found->second.node.get());
    }
  }
  heartbeat_->Beat(topology_, primaries, now);
}

void RedisWatcher::ServeGathers(TimePoint now) {
  auto settled = TakeIf(gathers_, [&](const auto& gather) { return Settle(*gather, now); });
  if (settled.empty()) return;
  // What the answers name may be new: then it is asked as well before the scrape is complete.
  const size_t known = nodes_.size();
  FindNodes(now);
  if (nodes_.size() > known) {
    gathers_.splice(gathers_.begin(), settled);
    ServeGathers(now);
    return;
  }
  desk_.Publish(Join(now), settled);
}

/// Asks every node that has not answered since the gather began. True when none is left to wait
/// for.
bool RedisWatcher::Settle(const Desk::Gather& gather, TimePoint now) {
  const Duration budget = gather.deadline.point() - gather.start;
  bool settled = true;
  for (auto& [address, watched] : nodes_) {
    Node& node = *watched.node;
    if (IsDuplicate(address) || node.probe_ended() >= gather.start) continue;
    node.Probe(now);
    if (!node.probing()) continue;
    // Silence that began before this scrape counts: a paused node costs its budget once.
    const auto silent_since = node.session().silent_since();
    const bool known_silent = node.facts().error && node.facts().error->code == ErrorCode::kTimeout;
    const bool overdue = silent_since && (known_silent || now - *silent_since >= budget);
    if (overdue || gather.deadline.Expired(now)) {
      node.MarkTimedOut(now);
    } else {
      settled = false;
    }
  }
  return settled;
}

bool RedisWatcher::IsDuplicate(const std::string& address) const {
  const auto alias = topology_.aliases.find(address);
  if (alias == topology_.aliases.end()) return false;
  // The seed's own address is good enough while the deployment's name for it leads nowhere.
  const auto named = nodes_.find(alias->second);
  return named != nodes_.end() && named->second.node->facts().answered;
}

void RedisWatcher::AddNode(const std::string& address, bool sentinel, TimePoint now) {
  if (const auto found = nodes_.find(address); found != nodes_.end()) {
    found->second.last_named = now;
    return;
  }
  const Result<HostPort> where = SplitAddress(address);
  if (!where || nodes_.size() >= kMaxNodes) return;
  auto node = std::make_unique<Node>(address, *where, sentinel, options_.nodes, resolver_);
  nodes_.emplace(address, Watched{std::move(node), now});
}

void RedisWatcher::FindNodes(TimePoint now) {
  topology_ =
      BuildTopology(AllFacts(), options_.name.empty() ? options_.seeds.front() : options_.name);
  bool sentinels = false;
  for (const GroupTopology& group : topology_.groups) {
    for (const std::string& address : group.sentinels) AddNode(address, true, now);
    sentinels |= !group.sentinels.empty();
  }
  for (const std::string& address : heard_sentinels_) AddNode(address, true, now);
  for (const std::string& address : topology_.named) AddNode(address, false, now);
  const Duration keep = sentinels ? Duration(kForgetWithSentinels) : Duration(kForgetWithout);
  std::erase_if(nodes_, [&](const auto& entry) {
    const bool is_seed = std::find(options_.seeds.begin(), options_.seeds.end(), entry.first) !=
                         options_.seeds.end();
    return !is_seed && now - entry.second.last_named > keep;
  });
}

/// From a data node the Sentinels are found by listening to the channel on which each of them
/// announces itself every 2 s. One that is known names the others, so the listening ends with the
/// first.
void RedisWatcher::ListenForSentinels(TimePoint now) {
  for (const auto& [address, watched] : nodes_) {
    if (watched.node->facts().role() != Role::kSentinel) continue;
    // From now on the Sentinels say who they are; what was heard must not outlive them.
    listener_.reset();
    heard_sentinels_.clear();
    return;
  }
  if (listener_ended_) listener_.reset();
  listener_ended_ = false;
  if (listener_ || now < next_listen_) return;
  for (const auto& [address, watched] : nodes_) {
    if (!watched.node->facts().answered) continue;
    listener_ = std::make_unique<Session>(*SplitAddress(address), resolver_);
    listener_->SetTls(options_.nodes.tls.get());
    listener_->SetLogin(&options_.nodes.data_login);
    listener_->Subscribe(
        kHelloChannel, [this](const Reply& message) { OnHello(message); },
        [this](const Result<Reply>& end) { OnListenerEnd(end); });
    return;
  }
}

/// With an answer the node refused; without one the connection is lost.
void RedisWatcher::OnListenerEnd(const Result<Reply>& end) {
  listener_ended_ = true;
  if (!end) return;
  const bool first = next_listen_ == TimePoint();
  next_listen_ = Clock::now() + kListenAgain;
  if (!first) return;
  Log(LogLevel::kInfo, "can't listen for Sentinels; name one as a seed if there are any",
      {{"service", "redis"}, {"reason", end->text}});
}

void RedisWatcher::OnHello(const Reply& message) {
  const Result<SentinelHello> hello = ParseSentinelHello(message.elements[2].text);
  if (hello && heard_sentinels_.size() < kMaxNodes) heard_sentinels_.insert(hello->address);
}

std::vector<const NodeFacts*> RedisWatcher::AllFacts() const {
  std::vector<const NodeFacts*> facts;
  for (const auto& [address, watched] : nodes_) facts.push_back(&watched.node->facts());
  return facts;
}

std::shared_ptr<const View> RedisWatcher::Join(TimePoint now) {
  const std::vector<const NodeFacts*> facts = AllFacts();
  std::string cluster = options_.name;
  if (cluster.empty()) {
    const bool one_name = topology_.groups.size() == 1 && !topology_.groups[0].sentinels.empty();
    cluster = one_name ? topology_.groups[0].name : options_.seeds.front();
  }
  const double unix_now = UnixSeconds();
  ObserveMasters(facts, topology_, now, unix_now, histories_);
  auto view = std::make_shared<View>(JoinView(facts, topology_, histories_, cluster, now));
  if (heartbeat_) view->heartbeats = heartbeat_->Views(now);
  for (NodeView& node : view->nodes) {
    const auto survey = surveys_.find(node.member);
    if (survey != surveys_.end()) AddSurvey(*survey->second, now, node);
  }
  change_log_.Observe(view->overview);
  return view;
}

}  // namespace replicawatch::redis
