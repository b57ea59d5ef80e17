#include "common/web/rate_limit.h"

#include <algorithm>

namespace replicawatch {

bool TokenBucket::Take(TimePoint now) {
  const std::lock_guard lock(mutex_);
  // The bucket misses as many tokens as there are intervals until it is full.
  const TimePoint next = std::max(full_at_, now) + limit_.interval;
  // More than `burst` of them, begun ones as well. Divided, since an interval of years times the
  // burst would overflow.
  if ((next - now - Duration(1)) / limit_.interval >= static_cast<Duration::rep>(limit_.burst))
    return false;
  full_at_ = next;
  return true;
}

}  // namespace replicawatch
