#pragma once

#include <algorithm>
#include <chrono>

namespace replicawatch {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// Seconds as a double, the unit that is published.
inline double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// How long ago `since` was, never negative.
inline double AgeSeconds(TimePoint since, TimePoint now) {
  return Seconds(std::max(now - since, Duration::zero()));
}

/// The time of day in seconds since 1970, by this machine's clock.
inline double UnixSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// An absolute point on the monotonic clock by which a piece of work must have ended. A value,
/// handed down to every call that could wait; the work below can only shorten it.
class Deadline {
 public:
  static Deadline At(TimePoint point) { return Deadline(point); }
  static Deadline After(Duration d) { return Deadline(Clock::now() + d); }

  TimePoint point() const { return point_; }
  bool Expired(TimePoint now = Clock::now()) const { return now >= point_; }

  /// What is left, never negative.
  Duration Remaining(TimePoint now = Clock::now()) const {
    return std::max(point_ - now, Duration::zero());
  }

  /// What is left in milliseconds, rounded up so that a poll does not spin through the last one.
  int RemainingMs(TimePoint now = Clock::now()) const {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(Remaining(now)).count());
  }

  friend auto operator<=>(const Deadline&, const Deadline&) = default;

 private:
  explicit Deadline(TimePoint point) : point_(point) {}
  TimePoint point_;
};

}  // namespace replicawatch
