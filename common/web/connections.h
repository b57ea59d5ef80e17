#pragma once

#include <map>
#include <mutex>
#include <string>

#include "common/base/deadline.h"

namespace replicawatch {

/// The connections that are open. A connection holds a thread, whatever its client does: nothing,
/// send a byte a second, or not read the answer. So when nearly all threads are held, the one that
/// has waited for its client for the longest time is shut down, and its thread is free for the
/// next. One whose request is being answered is never touched. Thread-safe.
class Connections {
 public:
  /// `most`: from so many on, each new one takes the place of another.
  explicit Connections(size_t most) : most_(most) {}

  /// A connection was accepted. `key` is how those who do not know the descriptor call it.
  void Opened(int fd, const std::string& key);
  /// Its request is read and being worked on, until Answered().
  void Working(const std::string& key);
  /// The answer goes out, or the next request is awaited: it is the client's turn.
  void Waiting(const std::string& key);
  /// Before the descriptor is closed. One that is not known here is none of ours.
  void Closing(int fd);

  /// Shuts down the one that waits for the longest time. False if all are being worked on.
  bool Evict();

  size_t open() const;

 private:
  struct Connection {
    std::string key;
    bool working = false;
    bool evicted = false;
    TimePoint since;
  };
  /// Null for one that is not known.
  Connection* Find(const std::string& key);
  bool EvictLocked();

  const size_t most_;
  mutable std::mutex mutex_;
  std::map<int, Connection> open_;
  std::map<std::string, int> fds_;  ///< of open_, by key
  size_t evicted_ = 0;              ///< of those that are open
};

}  // namespace replicawatch
