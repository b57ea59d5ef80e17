#include "exporters/mongo/watcher.h"

#include "common/scrape/publish.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);

}  // namespace

MongoWatcher::MongoWatcher(WatchOptions options, Connect connect)
    : options_(std::move(options)),
      pool_(std::make_shared<Pool>(
          std::move(connect), PoolOptions{.login = options_.login, .limits = options_.limits})) {
  pool_->Start(options_.seeds);
  ticker_ = std::thread([this] { Tick(); });
}

MongoWatcher::~MongoWatcher() { MongoWatcher::Stop(); }

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
