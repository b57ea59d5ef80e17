#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/deployment/change_log.h"
#include "common/scrape/watcher.h"
#include "exporters/mongo/pool.h"
#include "exporters/mongo/view.h"

namespace replicawatch::mongo {

struct WatchOptions {
  std::string name;                ///< of the cluster; empty: the set's name, else the first seed
  std::vector<std::string> seeds;  ///< host:port, at least one
  bool login = false;              ///< whether sessions can be opened with a login
  SurveyLimits limits = {};
};

/// Finds the seeds when they are not known at the start; blocks. Empty: they are.
using FindSeeds = std::function<Result<std::vector<std::string>>()>;

/// Watches one replica set: lets the pool ask, joins what it brings, and writes the changes to the
/// log.
class MongoWatcher : public Watcher {
 public:
  MongoWatcher(WatchOptions options, Connect connect, FindSeeds find_seeds = nullptr);
  ~MongoWatcher() override;

  void Scrape(const ScrapeRequest& request, SampleSink& sink) override;
  std::shared_ptr<const Overview> Latest() const override;
  void Stop() override;

  /// Those that ask; /probe asks a member over the connection that is there already.
  const std::shared_ptr<Pool>& pool() const { return pool_; }

 private:
  void Tick();
  static void KeepFinding(const std::string& name, const FindSeeds& find_seeds,
                          const std::shared_ptr<Pool>& pool);
  std::shared_ptr<const View> Refresh();

  const WatchOptions options_;
  const std::shared_ptr<Pool> pool_;

  mutable std::mutex mutex_;
  std::condition_variable stop_;
  std::shared_ptr<const View> latest_;  // guarded by mutex_
  ChangeLog change_log_;                // guarded by mutex_
  bool stopped_ = false;                // guarded by mutex_

  std::thread ticker_;
};

}  // namespace replicawatch::mongo
