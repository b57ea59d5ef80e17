#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "common/base/deadline.h"
#include "common/metrics/snapshot.h"

namespace replicawatch {

/// Admits scrapes up to a number and lets concurrent scrapes of the same thing share one
/// collection. Thread-safe.
class Coordinator {
 public:
  using Collect = std::function<Snapshot(Deadline)>;
  using SharedSnapshot = std::shared_ptr<const Snapshot>;

  explicit Coordinator(size_t max_requests) : max_requests_(max_requests) {}

  struct Rejected {};  ///< the limit is reached: 503
  struct Failed {};    ///< `collect` threw, a bug of the exporter: 500
  using Outcome = std::variant<SharedSnapshot, Rejected, Failed>;

  /// Joins the collection of `key` that is under way, if it will end by this caller's deadline;
  /// else runs `collect` on this thread.
  Outcome Run(const std::string& key, Deadline deadline, const Collect& collect);

  struct Counts {
    uint64_t started = 0;  ///< collections that were run
    uint64_t joined = 0;   ///< scrapes that shared one
    uint64_t rejected = 0;
    size_t in_flight = 0;  ///< scrapes admitted now
  };
  Counts counts() const;

 private:
  struct Flight {
    explicit Flight(Deadline until) : deadline(until) {}
    Deadline deadline;
    bool done = false;
    bool failed = false;
    SharedSnapshot result;
  };

  Outcome RunAdmitted(const std::string& key, Deadline deadline, const Collect& collect);
  Outcome Lead(const std::string& key, const std::shared_ptr<Flight>& flight,
               const Collect& collect);

  const size_t max_requests_;
  mutable std::mutex mutex_;
  std::condition_variable landed_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;  // guarded by mutex_
  Counts counts_;                                           // guarded by mutex_
};

}  // namespace replicawatch
