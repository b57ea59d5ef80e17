#include "exporters/minio/watcher.h"

#include <algorithm>

#include "common/scrape/publish.h"
#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kVerdictInterval = std::chrono::seconds(10);
/// Each verdict makes the node ask all its peers, and without quorum write a line into its log.
constexpr size_t kVerdictsAtOnce = 4;
/// How old the view on the landing page gets while nothing changes.
constexpr auto kJoinInterval = std::chrono::seconds(5);
/// How long the first scrapes wait for the first inventory.
constexpr auto kInventoryWait = std::chrono::milliseconds(2500);

}  // namespace

MinioWatcher::MinioWatcher(WatchOptions options)
    : options_(std::move(options)),
      cluster_(options_.name.empty() ? options_.seeds.front().name : options_.name),
      client_({options_.nodes.ca_file}),
      desk_([this] { client_.Wake(); }),
      sampler_(client_, options_.nodes.key ? &*options_.nodes.key : nullptr),
      canary_(client_, options_.nodes.key ? &*options_.nodes.key : nullptr, options_.canary),
      bucket_survey_(client_, options_.nodes.key ? &*options_.nodes.key : nullptr,
                     options_.buckets),
      native_(client_, options_.nodes.key ? &*options_.nodes.key : nullptr,
              options_.relay_native ? NativeRelay::Pages::kAll : NativeRelay::Pages::kNone) {
  thread_ = std::thread([this] { Run(); });
}

MinioWatcher::~MinioWatcher() { MinioWatcher::Stop(); }

void MinioWatcher::Stop() {
  desk_.Stop();
  if (thread_.joinable()) thread_.join();
}

void MinioWatcher::Scrape(const ScrapeRequest& request, SampleSink& sink) {
  if (const auto view = desk_.Wait(request.deadline, request.collectors))
    PublishView(*view, Collectors(), request, sink);
}

std::shared_ptr<const Overview> MinioWatcher::Latest() const { return desk_.Latest(); }

void MinioWatcher::Run() {
  FindNodes();
  while (desk_.Accept(gathers_)) {
    const TimePoint now = Clock::now();
    const TimePoint background = Advance(now);
    client_.Run(std::min(background, ServeGathers(now)));
  }
}

/// Does what is due in the background and returns when the next thing will be.
TimePoint MinioWatcher::Advance(TimePoint now) {
  if (sampler_.TakeNew()) {
    FindNodes();
    next_join_ = now;
  }
  TimePoint next = TimePoint::max();
  for (const auto& [name, node] : nodes_) {
    node->Tick(now);
    next = std::min(next, node->NextTick());
  }
  if (NoteChanges(now)) next_join_ = now;
  next = std::min(next, sampler_.Tick(nodes_, now));
  // Before that a seed, which may be a load balancer, would be taken for a member.
  if (canary_.enabled() && sampler_.settled())
    next = std::min(next, canary_.Tick(nodes_, Members(), now));
  next = std::min(next, bucket_survey_.Tick(nodes_, now));
  next = std::min(next, native_.Tick(nodes_, now));
  if (now >= next_verdicts_) AskVerdicts(now);
  if (now >= next_join_ && !AwaitFirstAnswers(now)) desk_.Publish(Join(now));
  return std::min({next, next_verdicts_, next_join_});
}

/// True while a new node has not been heard: it would show as down for the moment until it is.
bool MinioWatcher::AwaitFirstAnswers(TimePoint now) {
  const bool waiting = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    return entry.second->untried() && IsMember(*entry.second);
  });
  if (waiting) next_join_ = now + std::chrono::milliseconds(100);
  return waiting;
}

bool MinioWatcher::NoteChanges(TimePoint now) {
  bool changed = false;
  for (const auto& [name, node] : nodes_) changed |= node->TakeChange();
  if (!changed) return false;
  sampler_.NoteChange(now);
  for (const auto& [name, node] : nodes_) node->ForgetVerdicts();
  return true;
}

/// Asks the next few nodes for their view of the cluster, round and round.
void MinioWatcher::AskVerdicts(TimePoint now) {
  next_verdicts_ = now + kVerdictInterval;
  auto it = nodes_.upper_bound(last_verdict_);
  size_t asked = 0;
  for (size_t i = 0; i < nodes_.size() && asked < kVerdictsAtOnce; ++i, ++it) {
    if (it == nodes_.end()) it = nodes_.begin();
    if (!it->second->serves() || !IsMember(*it->second)) continue;
    it->second->AskVerdicts(now);
    last_verdict_ = it->first;
    ++asked;
  }
  // Right after the start no node has been heard yet.
  if (asked == 0) next_verdicts_ = now + std::chrono::seconds(1);
}

/// Hands the view to the scrapes for which all is there or that have to end. Returns when the next
/// one has to be looked at again if nothing comes.
TimePoint MinioWatcher::ServeGathers(TimePoint now) {
  TimePoint wake = TimePoint::max();
  const auto settled =
      TakeIf(gathers_, [&](const auto& gather) { return Settle(*gather, now, wake); });
  if (settled.empty()) return wake;
  desk_.Publish(Join(now), settled);
  return wake;
}

/// Probes every member that has not answered since the gather began. True when there is none left
/// to wait for; else `wake` is no later than the moment when one becomes overdue.
bool MinioWatcher::Settle(const Desk::Gather& gather, TimePoint now, TimePoint& wake) {
  const bool expired = gather.deadline.Expired(now);
  wake = std::min(wake, gather.deadline.point());
  bool settled = true;
  if (!sampler_.settled() && !expired && now < gather.start + kInventoryWait) {
    wake = std::min(wake, gather.start + kInventoryWait);
    settled = false;
  }
  for (const auto& [name, node] : nodes_) {
    if (!IsMember(*node) || node->silent()) continue;
    if (node->probed() && *node->probed() >= gather.start) continue;
    if (expired) {
      node->MarkSilent();
      continue;
    }
    node->Probe(now);
    wake = std::min(wake, node->NextTick());
    settled = false;
  }
  if (native_.enabled() && HasCollector(gather.collectors, kNativeCollector))
    settled &= native_.Settle(Members(), gather.start, expired, now, wake);
  return settled;
}

bool MinioWatcher::IsMember(const Node& node) const {
  return members_.empty() ||
         std::ranges::binary_search(members_, node.address().name, {}, &NodeAddress::name);
}

std::vector<const Node*> MinioWatcher::Members() const {
  std::vector<const Node*> members;
  for (const auto& [name, node] : nodes_) {
    if (IsMember(*node)) members.push_back(node.get());
  }
  return members;
}

/// Takes over the nodes of the newest inventory. Seeds stay, to be asked when no member answers.
void MinioWatcher::FindNodes() {
  if (sampler_.inventory() != nullptr) members_ = sampler_.inventory()->Nodes();
  Nodes kept;
  const auto keep = [&](const NodeAddress& address) {
    if (kept.contains(address.name)) return;
    const auto known = nodes_.find(address.name);
    const bool same = known != nodes_.end() && known->second->address() == address;
    kept[address.name] = same ? std::move(known->second) : std::make_unique<Node>(client_, address);
  };
  for (const NodeAddress& member : members_) keep(member);
  for (const NodeAddress& seed : options_.seeds) keep(seed);
  nodes_ = std::move(kept);
}

std::shared_ptr<const View> MinioWatcher::Join(TimePoint now) {
  next_join_ = now + kJoinInterval;
  std::vector<const NodeFacts*> facts;
  for (const auto& [name, node] : nodes_) facts.push_back(&node->facts());
  auto view =
      std::make_shared<View>(JoinView({facts, sampler_.inventory(), sampler_.InventoryAge(now),
                                       UnixSeconds(), sampler_.cluster_facts()},
                                      cluster_));
  view->canary = canary_.Look(now);
  view->buckets = bucket_survey_.Facts();
  view->bucket_ages = bucket_survey_.Ages(now);
  if (native_.enabled()) view->native = native_.Look(Members(), now);
  change_log_.Observe(view->overview);
  return view;
}

}  // namespace replicawatch::minio
