#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace replicawatch {

/// Takes the elements for which `take` is true out of a list, in their order.
template <class T, class Take>
std::list<T> TakeIf(std::list<T>& list, Take take) {
  std::list<T> taken;
  for (auto it = list.begin(); it != list.end();) {
    const auto here = it++;
    if (take(*here)) taken.splice(taken.end(), list, here);
  }
  return taken;
}

/// What a task of a TaskDesk has for it.
class DeskTask {
 private:
  template <class Task>
  friend class TaskDesk;

  bool done_ = false;  // guarded by the desk's mutex
  std::condition_variable settled_;
};

/// Where many threads leave tasks for the one thread that does all I/O, each waiting for its own.
/// Task is a DeskTask; the loop reads and fills it without a lock until it hands it over.
///
/// Wait() and Stop() are for any thread; what is under "the loop" is for that thread only.
template <class Task>
class TaskDesk {
 public:
  using TaskList = std::list<std::shared_ptr<Task>>;

  /// `wake` makes the loop come round from its wait, to Accept(); it is called by any thread.
  explicit TaskDesk(std::function<void()> wake) : wake_(std::move(wake)) {}
  TaskDesk(const TaskDesk&) = delete;
  TaskDesk& operator=(const TaskDesk&) = delete;

  /// Waits until the task is handed over. Has no time-out of its own: the loop answers by the
  /// task's deadline. False when the desk was stopped before; then what is in the task is not to be
  /// read.
  bool Wait(const std::shared_ptr<Task>& task) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return false;
      waiting_.push_back(task);
    }
    wake_();
    std::unique_lock lock(mutex_);
    task->settled_.wait(lock, [&] { return task->done_ || stopped_; });
    return task->done_;
  }

  /// Ends all waiting, that for what the loop has already when it next comes round, and tells the
  /// loop to end.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      Notify(waiting_);
    }
    wake_();
  }

  // The loop:

  /// Moves the new tasks to the end of `taken`, where all are that are not handed over yet. False
  /// after Stop(): then nobody waits for them any more.
  bool Accept(TaskList& taken) {
    const std::lock_guard lock(mutex_);
    taken.splice(taken.end(), waiting_);
    if (stopped_) Notify(taken);
    return !stopped_;
  }

  void HandOver(const TaskList& settled) {
    if (settled.empty()) return;
    const std::lock_guard lock(mutex_);
    for (const auto& task : settled) task->done_ = true;
    Notify(settled);
  }

 private:
  static void Notify(const TaskList& tasks) {
    for (const auto& task : tasks) task->settled_.notify_one();
  }

  const std::function<void()> wake_;
  std::mutex mutex_;
  TaskList waiting_;      // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
};

}  // namespace replicawatch
