#include "exporters/mongo/watcher.h"

#include <utility>

#include "common/base/log.h"
#include "common/scrape/publish.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);
constexpr auto kLookUpAgain = std::chrono::seconds(5);

}  // namespace

MongoWatcher::MongoWatcher(WatchOptions options, Connect connect, FindSeeds find_seeds)
    : options_(std::move(options)),
      pool_(std::make_shared<Pool>(
          std::move(connect), PoolOptions{.login = options_.login, .limits = options_.limits})) {
  if (find_seeds) {
    // Detached, since a name service may be silent for long; it ends with the pool.
    std::thread([name = options_.seeds.front(), find = std::move(find_seeds), pool = pool_] {
      KeepFinding(name, find, pool);
    }).detach();
  } else {
    pool_->Start(options_.seeds);
  }
  ticker_ = std::thread([this] { Tick(); });
}

MongoWatcher::~MongoWatcher() { MongoWatcher::Stop(); }

/// Until the name service answers: a deployment may be watched before its names are there.
void MongoWatcher::KeepFinding(const std::string& name, const FindSeeds& find_seeds,
                               const std::shared_ptr<Pool>& pool) {
  for (bool said = false; !pool->stopped();) {
    const Result<std::vector<std::string>> seeds = find_seeds();
    if (seeds) {
      pool->Start(*seeds);
      return;
    }
    if (!std::exchange(said, true))
      Log(LogLevel::kWarn, "the members of the deployment can't be looked up",
          {{"service", "mongo"}, {"name", name}, {"reason", seeds.error().message}});
    pool->WaitStopped(kLookUpAgain);
  }
}

void MongoWatcher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  stop_.notify_all();
  ticker_.join();
  pool_->Stop();
}

void MongoWatcher::Scrape(const ScrapeRequest& request, SampleSink& sink) {
  pool_->AskAll(request.deadline, TopicsOf(request.collectors));
  PublishView(*Refresh(), Collectors(), request, sink);
}

std::shared_ptr<const Overview> MongoWatcher::Latest() const {
  const std::lock_guard lock(mutex_);
  if (!latest_) return nullptr;
  return {latest_, &latest_->overview};
}

/// Keeps the landing page and the log current between scrapes.
void MongoWatcher::Tick() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kTick, [this] { return stopped_; })) {
    lock.unlock();
    pool_->MarkSilent();
    if (pool_->HasNews()) Refresh();
    lock.lock();
  }
}

std::shared_ptr<const View> MongoWatcher::Refresh() {
  // Held while the view is made, so that the log sees the views in the order of their making.
  const std::lock_guard lock(mutex_);
  pool_->Look([this](std::span<const WatchedNode> nodes, const ReplicationHistory& history) {
    latest_ = std::make_shared<const View>(
        BuildView({options_.name, options_.seeds.front(), nodes, history, Clock::now()}));
  });
  change_log_.Observe(latest_->overview);
  return latest_;
}

}  // namespace replicawatch::mongo
