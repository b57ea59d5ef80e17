#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "common/base/deadline.h"
#include "common/deployment/overview.h"
#include "common/scrape/collector.h"

namespace replicawatch {

/// Where the scrapes of many threads meet the one thread that does all I/O of a watcher: a scrape
/// leaves a Gather and waits, the loop takes it, asks the members, and hands back the joined view.
/// View has a member `overview`.
///
/// Wait(), Latest(), LatestView() and Stop() are for any thread; what is under "the loop" is for
/// that thread only.
template <class View>
class GatherDesk {
 public:
  /// A scrape that waits. The loop reads it without a lock until it hands it over.
  struct Gather {
    TimePoint start;
    Deadline deadline;
    CollectorSet collectors;           // that the scrape wants
    bool done = false;                 // guarded by the desk's mutex
    std::shared_ptr<const View> view;  // guarded by the desk's mutex
  };
  using GatherList = std::list<std::shared_ptr<Gather>>;

  /// `wake` makes the loop come round from its wait, to Accept(); it is called by any thread.
  explicit GatherDesk(std::function<void()> wake) : wake_(std::move(wake)) {}
  GatherDesk(const GatherDesk&) = delete;
  GatherDesk& operator=(const GatherDesk&) = delete;

  /// Waits for the view of this moment. Has no time-out of its own: the loop answers by the
  /// deadline. After Stop() the newest view there is, or null.
  std::shared_ptr<const View> Wait(Deadline deadline, CollectorSet collectors = {}) {
    auto gather =
        std::make_shared<Gather>(Gather{Clock::now(), deadline, collectors, false, nullptr});
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return latest_;
      waiting_.push_back(gather);
    }
    wake_();
    std::unique_lock lock(mutex_);
    gathered_.wait(lock, [&] { return gather->done || stopped_; });
    return gather->done ? gather->view : latest_;
  }

  /// The newest view there is, or null.
  std::shared_ptr<const View> LatestView() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

  std::shared_ptr<const Overview> Latest() const {
    const auto latest = LatestView();
    if (!latest) return nullptr;
    return {latest, &latest->overview};
  }

  /// Ends all waiting and tells the loop to end.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    wake_();
    gathered_.notify_all();
  }

  // The loop:

  /// Moves the new gathers to the end of `taken`. False after Stop().
  bool Accept(GatherList& taken) {
    const std::lock_guard lock(mutex_);
    taken.splice(taken.end(), waiting_);
    return !stopped_;
  }

  /// Makes `view` the newest and hands it to the scrapes in `settled`.
  void Publish(std::shared_ptr<const View> view, const GatherList& settled = {}) {
    {
      const std::lock_guard lock(mutex_);
      latest_ = std::move(view);
      for (const auto& gather : settled) {
        gather->view = latest_;
        gather->done = true;
      }
    }
    if (!settled.empty()) gathered_.notify_all();
  }

 private:
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable gathered_;
  GatherList waiting_;                  // guarded by mutex_
  std::shared_ptr<const View> latest_;  // guarded by mutex_
  bool stopped_ = false;                // guarded by mutex_
};

}  // namespace replicawatch
