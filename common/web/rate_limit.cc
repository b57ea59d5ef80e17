#include "common/web/rate_limit.h"

#include <algorithm>

namespace replicawatch {

bool TokenBucket::Take(TimePoint now) {
  const std::lock_guard lock(mutex_);
  // The bucket misses as many tokens as there are intervals until it is full.
  const TimePoint next = std::max(full_at_, now) + limit_.interval;
  // Divided, since an interval of years times the burst would overflow.
  if ((next - now) / limit_.interval > static_cast<Duration::rep>(limit_.burst) ||
      ((next - now) / limit_.interval == static_cast<Duration::rep>(limit_.burst) &&
       (next - now) % limit_.interval != Duration::zero()))
    return false;
  full_at_ = next;
  return true;
}

}  // namespace replicawatch
