#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "common/base/deadline.h"
#include "common/deployment/overview.h"
#include "common/scrape/collector.h"
#include "common/scrape/task_desk.h"

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
  /// A scrape that waits.
  struct Gather : DeskTask {
    Gather(Deadline until, CollectorSet wanted) : deadline(until), collectors(wanted) {}

    const TimePoint start = Clock::now();
    const Deadline deadline;
    const CollectorSet collectors;  // that the scrape wants
    std::shared_ptr<const View> view;
  };
  using GatherList = typename TaskDesk<Gather>::TaskList;

  /// `wake` makes the loop come round from its wait, to Accept(); it is called by any thread.
  explicit GatherDesk(std::function<void()> wake) : desk_(std::move(wake)) {}

  /// Waits for the view of this moment. After Stop() the newest view there is, or null.
  std::shared_ptr<const View> Wait(Deadline deadline, CollectorSet collectors = {}) {
    const auto gather = std::make_shared<Gather>(deadline, collectors);
    return desk_.Wait(gather) ? gather->view : LatestView();
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

  void Stop() { desk_.Stop(); }

  // The loop:

  bool Accept(GatherList& taken) { return desk_.Accept(taken); }

  /// Makes `view` the newest and hands it to the scrapes in `settled`.
  void Publish(std::shared_ptr<const View> view, const GatherList& settled = {}) {
    for (const auto& gather : settled) gather->view = view;
    {
      const std::lock_guard lock(mutex_);
      latest_ = std::move(view);
    }
    desk_.HandOver(settled);
  }

 private:
  TaskDesk<Gather> desk_;
  mutable std::mutex mutex_;
  std::shared_ptr<const View> latest_;  // guarded by mutex_
};

}  // namespace replicawatch
