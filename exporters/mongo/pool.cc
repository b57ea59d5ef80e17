#include "exporters/mongo/pool.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/base/log.h"
#include "exporters/mongo/member.h"

namespace replicawatch::mongo {
namespace {

/// How often the primary's position is noted: lag is never wrong by more.
constexpr auto kSampleEvery = std::chrono::milliseconds(500);
/// A node that is away is tried this often.
constexpr auto kRetryEvery = std::chrono::seconds(1);
/// Without scrapes everything is asked this often, so that the landing page and the log stay
/// current.
constexpr auto kProbeEvery = std::chrono::seconds(10);
/// But while a node is silent this often, since then what the others see of it is all there is.
constexpr auto kProbeForOthersEvery = std::chrono::seconds(1);
/// A node that is silent this long is down, whatever a scrape's budget.
constexpr auto kLongestSilence = std::chrono::milliseconds(9500);
/// What joining and writing the page takes, kept free at the end of a scrape's time.
constexpr auto kJoinTime = std::chrono::milliseconds(20);
/// How long a node waits that is only asked on request, before it looks again whether there is one.
constexpr auto kIdle = std::chrono::hours(1);
constexpr auto kStopWait = std::chrono::milliseconds(500);
/// A set has at most 50 members: a bound against answers that name new ones without end.
constexpr size_t kMaxWorkers = 100;

}  // namespace

void Pool::Start(const std::vector<std::string>& seeds) {
  const std::lock_guard lock(mutex_);
  for (const std::string& seed : seeds) StartWorker(seed, true, false);
}

void Pool::StartWorker(const std::string& address, bool seed, bool arbiter) {
  if (stopped_ || workers_.size() >= kMaxWorkers) return;
  auto worker = std::make_shared<Worker>();
  worker->address = worker->name = address;
  worker->seed = seed;
  // A scrape that waits now waits for this one as well.
  worker->wanted = request_;
  worker->deadline = request_deadline_;
  worker->topics = request_topics_;
  if (!options_.follow) worker->next_sample = Clock::now() + kIdle;
  workers_.push_back(worker);
  ++running_;
  std::thread([self = shared_from_this(), worker, arbiter] {
    self->Run(worker, arbiter);
  }).detach();
}

void Pool::Run(const WorkerPtr& worker, bool arbiter) {
  {
    Member member(connect_(worker->address), options_.login, arbiter, options_.limits);
    std::unique_lock lock(mutex_);
    if (worker->seed && options_.login && options_.follow) Greet(lock, *worker, member);
    while (!stopped_ && !worker->stop) {
      const TimePoint now = Clock::now();
      const bool all = worker->wanted > worker->served || ProbeIsDue(*worker, now);
      const bool hello = now >= worker->next_sample;
      if (all || hello) {
        Round(lock, *worker, member, all);
      } else {
        work_.wait_until(lock, worker->next_sample);
      }
    }
    lock.unlock();
  }
  const std::lock_guard lock(mutex_);
  --running_;
  answered_.notify_all();
}

bool Pool::ProbeIsDue(const Worker& worker, TimePoint now) const {
  if (now < worker.next_sample) return false;
  const bool node_silent = std::any_of(workers_.begin(), workers_.end(), [&](const WorkerPtr& w) {
    return !w->facts->answered || w->silent ||
           (w->silent_since && now - *w->silent_since > kProbeForOthersEvery);
  });
  return now >= worker.last_probe + (node_silent ? Duration(kProbeForOthersEvery) : kProbeEvery);
}

void Pool::Greet(std::unique_lock<std::mutex>& lock, Worker& worker, Member& member) {
  worker.silent_since = Clock::now();
  lock.unlock();
  const MemberFacts& facts = member.Greet(Deadline::After(kCallLimit));
  lock.lock();
  // Who belongs to the set, and no more: the first round will tell how the member is.
  worker.facts = std::make_shared<const MemberFacts>(facts);
  if (facts.hello) worker.name = facts.hello->me.value_or(worker.address);
  FindNodes();
}

void Pool::Round(std::unique_lock<std::mutex>& lock, Worker& worker, Member& member, bool all) {
  const TimePoint start = Clock::now();
  const uint64_t request = worker.wanted;
  const Topics topics = std::exchange(worker.topics, {});
  const bool for_scrape = request > worker.served && !worker.deadline.Expired(start);
  const Deadline deadline = for_scrape ? worker.deadline : Deadline::At(start + kCallLimit);
  if (!worker.silent_since) worker.silent_since = start;
  lock.unlock();
  MemberFacts facts;
  try {
    facts = all ? member.Probe(deadline, topics) : member.Sample(deadline);
  } catch (const std::exception& error) {
    facts.error = Error{ErrorCode::kInternal, error.what()};
  }
  lock.lock();
  const TimePoint end = Clock::now();
  if (all) {
    worker.served = request;
    worker.last_probe = start;
  }
  worker.next_sample = facts.answered ? start + kSampleEvery : end + kRetryEvery;
  if (!options_.follow) worker.next_sample = end + kIdle;
  Publish(worker, facts);
}

void Pool::Publish(Worker& worker, const MemberFacts& facts) {
  const bool timed_out = !facts.answered && facts.error && facts.error->code == ErrorCode::kTimeout;
  if (!timed_out) worker.silent_since.reset();
  worker.silent = timed_out;
  worker.facts = std::make_shared<const MemberFacts>(facts);
  // A seed may have another name than the set has for it: localhost for a host's name.
  if (worker.seed && facts.answered && facts.hello) {
    worker.name = facts.hello->me.value_or(worker.address);
  }
  news_ = true;
  history_.Observe(facts);
  FindNodes();
  answered_.notify_all();
}

void Pool::FindNodes() {
  if (!options_.follow) return;
  const std::vector<WatchedNode> nodes = Nodes();
  const Topology topology = FindTopology(nodes);
  if (topology.members.empty()) return;
  for (const ConfiguredMember& member : topology.members) {
    const bool watched = std::any_of(workers_.begin(), workers_.end(),
                                     [&](const WorkerPtr& w) { return w->name == member.host; });
    if (!watched) StartWorker(member.host, false, member.arbiter);
  }
  const auto is_member = [&](const Worker& worker) {
    return std::any_of(topology.members.begin(), topology.members.end(),
                       [&](const ConfiguredMember& m) { return m.host == worker.name; });
  };
  // The same node under two addresses, and both answer: one connection is enough.
  const auto is_twin = [&](const Worker& worker) {
    return worker.facts->answered && worker.address != worker.name &&
           std::any_of(workers_.begin(), workers_.end(), [&](const WorkerPtr& other) {
             return other.get() != &worker && !other->stop && other->name == worker.name &&
                    other->facts->answered;
           });
  };
  for (const WorkerPtr& worker : workers_) {
    worker->stop = (!worker->seed && !is_member(*worker)) || is_twin(*worker);
  }
  const size_t erased = std::erase_if(workers_, [](const WorkerPtr& w) { return w->stop; });
  if (erased > 0) work_.notify_all();
}

WatchedNode Pool::NodeOf(const Worker& worker) {
  return {worker.address, worker.name,           worker.seed,
          worker.silent,  worker.silent_seconds, worker.facts};
}

std::vector<WatchedNode> Pool::Nodes() const {
  std::vector<WatchedNode> nodes;
  for (const WorkerPtr& worker : workers_) {
    WatchedNode node = NodeOf(*worker);
    const auto twin = std::find_if(nodes.begin(), nodes.end(), [&](const WatchedNode& other) {
      return other.name == node.name;
    });
    if (twin == nodes.end()) {
      nodes.push_back(std::move(node));
    } else if (!twin->answered()) {
      *twin = std::move(node);
    }
  }
  return nodes;
}

void Pool::Want(Worker& worker, uint64_t request, Deadline deadline, Topics topics) {
  // One round serves all requests until then: with all that any of them wants.
  worker.topics.Add(topics);
  worker.wanted = request;
  worker.deadline = deadline;
}

std::optional<WatchedNode> Pool::AskOne(const std::string& name, Deadline deadline, Topics topics) {
  const TimePoint start = Clock::now();
  std::unique_lock lock(mutex_);
  const auto find = [&] {
    return std::find_if(workers_.begin(), workers_.end(),
                        [&](const WorkerPtr& worker) { return worker->name == name; });
  };
  const auto asked = find();
  if (asked == workers_.end()) return std::nullopt;
  const uint64_t request = ++request_;
  Want(**asked, request, deadline, topics);
  work_.notify_all();
  WaitFor(lock, start, deadline,
          [&](const Worker& worker) { return worker.name != name || worker.served >= request; });
  const auto found = find();
  if (found == workers_.end()) return std::nullopt;
  return NodeOf(**found);
}

void Pool::AskAll(Deadline deadline, Topics topics) {
  const TimePoint start = Clock::now();
  std::unique_lock lock(mutex_);
  const uint64_t request = ++request_;
  request_deadline_ = deadline;
  request_topics_ = topics;
  for (const WorkerPtr& worker : workers_) Want(*worker, request, deadline, topics);
  work_.notify_all();
  WaitFor(lock, start, deadline, [&](const Worker& worker) { return worker.served >= request; });
}

void Pool::WaitFor(std::unique_lock<std::mutex>& lock, TimePoint start, Deadline deadline,
                   const std::function<bool(const Worker&)>& served) {
  const Duration budget = std::max(deadline.point() - kJoinTime - start, Duration::zero());
  while (!stopped_) {
    const TimePoint now = Clock::now();
    TimePoint until = start + budget;
    bool settled = true;
    for (const WorkerPtr& worker : workers_) {
      if (served(*worker)) continue;
      worker->silent_seconds = Seconds(now - start);
      // Silence that began before this scrape counts: a paused node costs its budget once.
      const TimePoint patience = worker->silent_since.value_or(now) + budget;
      if (now >= patience || now >= start + budget) worker->silent = true;
      if (worker->silent) continue;
      settled = false;
      until = std::min(until, patience);
    }
    if (settled) return;
    answered_.wait_until(lock, until);
  }
}

void Pool::Look(const std::function<void(std::span<const WatchedNode>, const ReplicationHistory&)>&
                    look) const {
  const std::lock_guard lock(mutex_);
  look(Nodes(), history_);
}

void Pool::MarkSilent() {
  const std::lock_guard lock(mutex_);
  const TimePoint now = Clock::now();
  for (const WorkerPtr& worker : workers_) {
    if (worker->silent_since && now - *worker->silent_since > kLongestSilence) {
      worker->silent = true;
    }
  }
}

bool Pool::HasNews() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

void Pool::Stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  work_.notify_all();
  answered_.notify_all();
  if (!answered_.wait_for(lock, kStopWait, [&] { return running_ == 0; })) {
    Log(LogLevel::kDebug, "left a worker behind that waits for a silent member",
        {{"service", "mongo"}});
  }
}

bool Pool::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void Pool::WaitStopped(Duration most) const {
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, most, [this] { return stopped_; });
}

}  // namespace replicawatch::mongo
