#pragma once

#include <mutex>

#include "common/web/web_config.h"

namespace replicawatch {

/// A token bucket. Thread-safe.
class TokenBucket {
 public:
  /// Full at first.
  TokenBucket(const RateLimit& limit, TimePoint now) : limit_(limit), full_at_(now) {}

  /// Takes a token, if there is one.
  bool Take(TimePoint now);

  const RateLimit& limit() const { return limit_; }

 private:
  const RateLimit limit_;
  std::mutex mutex_;
  TimePoint full_at_;  ///< when the bucket is full again, were no more taken
};

}  // namespace replicawatch
