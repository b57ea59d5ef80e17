#include "common/scrape/coordinator.h"

#include <exception>
#include <utility>

#include "common/base/log.h"

namespace replicawatch {

Coordinator::Outcome Coordinator::Run(const std::string& key, Deadline deadline,
                                      const Collect& collect) {
  {
    const std::lock_guard lock(mutex_);
    if (counts_.in_flight >= max_requests_) {
      ++counts_.rejected;
      return Rejected{};
    }
    ++counts_.in_flight;
  }
  Outcome outcome = RunAdmitted(key, deadline, collect);
  const std::lock_guard lock(mutex_);
  --counts_.in_flight;
  return outcome;
}

Coordinator::Outcome Coordinator::RunAdmitted(const std::string& key, Deadline deadline,
                                              const Collect& collect) {
  std::unique_lock lock(mutex_);
  const auto found = flights_.find(key);
  if (found != flights_.end() && found->second->deadline <= deadline) {
    const std::shared_ptr<Flight> flight = found->second;
    ++counts_.joined;
    // The leader's watchers return by its deadline, which is not later than ours.
    landed_.wait(lock, [&] { return flight->done; });
    if (flight->failed) return Failed{};
    return flight->result;
  }
  auto flight = std::make_shared<Flight>(deadline);
  flights_[key] = flight;
  ++counts_.started;
  lock.unlock();
  return Lead(key, flight, collect);
}

Coordinator::Outcome Coordinator::Lead(const std::string& key,
                                       const std::shared_ptr<Flight>& flight,
                                       const Collect& collect) {
  SharedSnapshot result;
  try {
    result = std::make_shared<const Snapshot>(collect(flight->deadline));
  } catch (const std::exception& error) {
    LogFolded(LogLevel::kError, "scrape failed by a fault of the exporter",
              {{"error", error.what()}});
  }
  {
    const std::lock_guard lock(mutex_);
    flight->done = true;
    flight->failed = result == nullptr;
    flight->result = result;
    // A later scrape with an earlier deadline may have taken the place in the map.
    if (const auto found = flights_.find(key); found != flights_.end() && found->second == flight) {
      flights_.erase(found);
    }
  }
  landed_.notify_all();
  if (!result) return Failed{};
  return result;
}

Coordinator::Counts Coordinator::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace replicawatch
