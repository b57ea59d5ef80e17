#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "common/scrape/task_desk.h"
#include "exporters/minio/native.h"
#include "exporters/minio/node.h"
#include "exporters/minio/settings.h"

namespace replicawatch::minio {

/// Asks single nodes, all with the same settings. One thread owns the connections, which are kept
/// between questions and dropped when a node has not been asked about for ten minutes. Thread-safe.
class ProbeLine {
 public:
  struct Answer {
    NodeFacts facts;
    std::optional<NativeNodePage> native;  ///< nothing: it was not to be asked
  };

  /// `settings` must outlive it.
  ProbeLine(const NodeSettings& settings, bool relay_native);
  ~ProbeLine();
  ProbeLine(const ProbeLine&) = delete;
  ProbeLine& operator=(const ProbeLine&) = delete;

  /// What the node says of itself, whatever has come by the deadline. A node that does not answer
  /// costs Node::kProbeLimit at most. kInternal after Stop().
  Result<Answer> Ask(const NodeAddress& address, Deadline deadline);

  /// Ends all waiting.
  void Stop();

 private:
  struct Task : DeskTask {
    Task(NodeAddress to, Deadline until) : address(std::move(to)), deadline(until) {}

    const NodeAddress address;
    const Deadline deadline;
    const TimePoint start = Clock::now();
    Answer answer;
  };
  using Desk = TaskDesk<Task>;

  struct Target {
    std::unique_ptr<Node> node;
    std::unique_ptr<NativeRelay> native;
    TimePoint last_asked;
    TimePoint probed;  // when the last probe began
    TimePoint verdicts_asked;
    TimePoint give_up;  // on the answers that are still to come
  };

  void Run();
  bool Settle(Task& task, TimePoint now, TimePoint& wake);
  Target& TargetOf(const Task& task, TimePoint now);
  bool Probe(Target& target, const Task& task, TimePoint now, TimePoint& wake);
  void ForgetIdle(TimePoint now);

  const S3Key* const key_;
  const NativeRelay::Pages native_;
  HttpClient client_;
  Desk desk_;

  // Of the loop's thread only:
  std::map<std::string, Target> targets_;  // by address
  TimePoint next_forgetting_;

  std::thread thread_;
};

}  // namespace replicawatch::minio
