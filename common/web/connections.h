#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

#include "common/base/deadline.h"

namespace replicawatch {

/// The connections that are open. Each holds a thread, whatever its client does: nothing, send a
/// byte a second, or not read the answer; those for which there is no thread wait in a queue. So
/// when threads run short, the connections that have waited for their clients for the longest time
/// are shut down. One whose request is being answered, or has come and will be, is never touched.
/// Thread-safe.
class Connections {
 public:
  /// Of `threads` so many are to be free.
  Connections(size_t threads, size_t free_threads);

  /// A connection was accepted.
  void Opened(int fd);

  enum class State : uint8_t {
    kReading,  ///< its client is to send a request, or the rest of one
    kWorking,  ///< its client waits for us
    kSending,  ///< its client is to take the answer
  };
  void Enter(State state, int fd);

  /// Before the descriptor is closed. One that is not known here is none of ours.
  void Closing(int fd);

  /// No descriptor is left: shuts down the one that waits for the longest time.
  void Evict();
  /// Shuts down all that nobody works for.
  void EvictAll();
  /// Shuts down those that had an answer and ask nothing, and waits until there is no other; no
  /// longer than until `deadline`.
  void WaitUntilAnswered(Deadline deadline);

  size_t open() const;

 private:
  struct Connection {
    int fd = -1;
    State state = State::kReading;
    bool evicted = false;
    bool answered = false;  ///< at least once
    TimePoint since;        ///< in this state, and with a thread
  };
  using InOrder = std::map<uint64_t, Connection>;

  static bool WaitsForClient(const Connection& connection);
  bool EvictLocked(TimePoint waiting_since);
  void Shutdown(Connection& connection);
  bool EvictAnswered();
  bool Crowded() const { return open_.size() - evicted_ > most_; }
  void MakeRoom();
  void KeepRoom(const std::stop_token& stop);

  const size_t threads_;
  const size_t most_;
  mutable std::mutex mutex_;
  uint64_t next_ = 0;
  InOrder open_;  ///< as they came, which is how they get threads
  std::map<int, uint64_t> by_fd_;
  size_t evicted_ = 0;  ///< of those that are open: their threads are about to see it
  std::condition_variable_any crowded_;
  std::jthread keeper_;
};

}  // namespace replicawatch
