#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exporters/mongo/history.h"
#include "exporters/mongo/session.h"
#include "exporters/mongo/topology.h"

namespace replicawatch::mongo {

/// Makes the sessions to one address.
using Connect = std::function<SessionFactory(const std::string& address)>;

struct PoolOptions {
  bool login = false;  ///< whether sessions can be opened with a login
  /// Watches the whole set: finds its other nodes, and samples them all in the background. Else
  /// only the seeds are asked, and only when somebody wants to know.
  bool follow = true;
  SurveyLimits limits = {};
};

/// One thread for each node of the set, since calls of the driver block and its clients are not
/// thread-safe. Each keeps one connection, asks hello every 500 ms and everything when a scrape
/// wants it, or every 10 s. Nodes are found by what others tell and forgotten when the set's
/// configuration has them no more.
///
/// A thread may hang in a call (a look-up of a name has no time-out at all), so the threads are
/// detached and share ownership of the pool; Stop() waits for them for a moment only.
///
/// Thread-safe. Always owned by a shared_ptr.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(Connect connect, PoolOptions options) : connect_(std::move(connect)), options_(options) {}

  void Start(const std::vector<std::string>& seeds);

  /// Asks all nodes everything and waits until each has answered or failed; not for one that has
  /// been silent for as long as this scrape may take. Ends by the deadline or when stopped.
  void AskAll(Deadline deadline, Topics topics = {});

  /// The same for the one node of this name. Nothing when there is none of this name (any more).
  std::optional<WatchedNode> AskOne(const std::string& name, Deadline deadline, Topics topics);

  /// Calls `look` with what is known now. Nothing changes meanwhile: keep it short.
  void Look(const std::function<void(std::span<const WatchedNode>, const ReplicationHistory&)>&
                look) const;

  /// Takes nodes as silent that did not answer for longer than any scrape waits.
  void MarkSilent();

  /// Whether any node has answered or failed by now.
  bool HasNews() const;

  void Stop();
  bool stopped() const;
  /// Waits for so long, or until Stop().
  void WaitStopped(Duration most) const;

 private:
  /// What a thread shares with the pool; guarded by mutex_, but for `address`.
  struct Worker {
    std::string address;
    std::string name;
    bool seed = false;
    bool stop = false;
    uint64_t wanted = 0;  // number of the newest request for everything, and of the last one served
    uint64_t served = 0;
    Topics topics;  // of the requests that are not served yet
    TimePoint next_sample;
    TimePoint last_probe;
    Deadline deadline = Deadline::At({});
    std::optional<TimePoint> silent_since;  // the first question that was not answered yet
    bool silent = false;
    double silent_seconds = 0;
    std::shared_ptr<const MemberFacts> facts = std::make_shared<const MemberFacts>();
  };
  using WorkerPtr = std::shared_ptr<Worker>;

  void StartWorker(const std::string& address, bool seed, bool arbiter);
  void Run(const WorkerPtr& worker, bool arbiter);
  void Greet(std::unique_lock<std::mutex>& lock, Worker& worker, class Member& member);
  void Round(std::unique_lock<std::mutex>& lock, Worker& worker, Member& member, bool all);
  void Publish(Worker& worker, const MemberFacts& facts);
  bool ProbeIsDue(const Worker& worker, TimePoint now) const;
  void FindNodes();
  static WatchedNode NodeOf(const Worker& worker);
  std::vector<WatchedNode> Nodes() const;
  void Want(Worker& worker, uint64_t request, Deadline deadline, Topics topics);
  void WaitFor(std::unique_lock<std::mutex>& lock, TimePoint start, Deadline deadline,
               const std::function<bool(const Worker&)>& served);

  const Connect connect_;
  const PoolOptions options_;

  mutable std::mutex mutex_;
  mutable std::condition_variable work_;  // for the workers: a request, or the end
  std::condition_variable answered_;      // for those who wait for them
  // All guarded by mutex_:
  std::vector<WorkerPtr> workers_;
  ReplicationHistory history_;
  uint64_t request_ = 0;
  Deadline request_deadline_ = Deadline::At({});
  Topics request_topics_;
  size_t running_ = 0;
  bool news_ = false;
  bool stopped_ = false;
};

}  // namespace replicawatch::mongo
