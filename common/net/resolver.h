#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/deadline.h"
#include "common/base/error.h"

namespace replicawatch {

/// Looks up names without making anybody wait: getaddrinfo() has no time-out of its own and a
/// broken resolver holds it for tens of seconds, so it runs on one thread of its own. Thread-safe.
class Resolver {
 public:
  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  enum class State { kPending, kDone };
  struct Answer {
    State state = State::kPending;
    Result<std::string> address =
        Fail(ErrorCode::kConnect, "look-up under way");  ///< numeric, once kDone
  };

  /// The numeric address of `host` if it is known by now; else starts a look-up and says kPending.
  /// A numeric host is answered at once. Answers are kept for 30 s, failures for 2 s, so that a
  /// name that moves is followed.
  Answer Lookup(const std::string& host);

 private:
  struct Entry {
    Answer answer;
    TimePoint expires;
    bool queued = false;
  };

  void Run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Entry>
      entries_;  // guarded by mutex_; holds the names of configured and found members only
  std::deque<std::string> queue_;  // guarded by mutex_
  bool stop_ = false;              // guarded by mutex_
  std::thread thread_;
};

}  // namespace replicawatch
