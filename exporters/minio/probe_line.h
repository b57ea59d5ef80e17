#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "exporters/minio/node.h"
#include "exporters/minio/settings.h"

namespace replicawatch::minio {

/// Asks single nodes, all with the same settings. One thread owns the connections, which are kept
/// between questions and dropped when a node has not been asked about for ten minutes. Thread-safe.
class ProbeLine {
 public:
  /// `settings` must outlive it.
  explicit ProbeLine(const NodeSettings& settings);
  ~ProbeLine();
  ProbeLine(const ProbeLine&) = delete;
  ProbeLine& operator=(const ProbeLine&) = delete;

  /// What the node says of itself, whatever has come by the deadline. A node that does not answer
  /// costs Node::kProbeLimit at most. kInternal after Stop().
  Result<NodeFacts> Ask(const NodeAddress& address, Deadline deadline);

  /// Ends all waiting.
  void Stop();

 private:
  struct Task {
    Task(NodeAddress to, Deadline until) : address(std::move(to)), deadline(until) {}

    const NodeAddress address;
    const Deadline deadline;
    const TimePoint start = Clock::now();
    bool done = false;  // with the rest guarded by mutex_
    std::condition_variable settled;
    Result<NodeFacts> facts = Fail(ErrorCode::kInternal, "the exporter is ending");
  };
  using TaskList = std::list<std::shared_ptr<Task>>;

  struct Target {
    std::unique_ptr<Node> node;
    TimePoint last_asked;
    TimePoint probed;  // when the last probe began
    TimePoint verdicts_asked;
    TimePoint give_up;  // on the answers that are still to come
  };

  void Run();
  void HandOver(const TaskList& settled);
  bool Settle(Task& task, TimePoint now, TimePoint& wake);
  bool Probe(Target& target, const Task& task, TimePoint now);
  void ForgetIdle(TimePoint now);

  HttpClient client_;
  std::mutex mutex_;
  TaskList waiting_;      // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_

  // Of the loop's thread only:
  std::map<std::string, Target> targets_;  // by address
  TimePoint next_forgetting_;

  std::thread thread_;
};

}  // namespace replicawatch::minio
