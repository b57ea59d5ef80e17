#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <vector>

#include "common/base/deadline.h"

namespace replicawatch {

/// Remembers when the primary was first seen past each position of its replication stream (an
/// offset or an optime), so that "how long has this member been behind" needs no clock but the
/// exporter's own and stays right on an idle primary, for a paused member and while there is no
/// primary. Bounded: when full, every second point of the older half is dropped, so that old
/// answers get coarser, never wrong by more than the gap. Not synchronised.
template <class Position>
class PositionHistory {
 public:
  explicit PositionHistory(size_t capacity = 2048) : capacity_(capacity) {}

  bool empty() const { return points_.empty(); }
  const Position& newest() const { return points_.back().position; }

  struct Point {
    TimePoint when;
    Position position;
  };

  /// The last point not after `when`; the first of all when it is not after `latest` either.
  std::optional<Point> LastBefore(TimePoint when, TimePoint latest) const {
    if (points_.empty() || latest < points_.front().when) return std::nullopt;
    const auto after = std::upper_bound(
        points_.begin(), points_.end(), when,
        [](const TimePoint& time, const Point& point) { return time < point.when; });
    return after == points_.begin() ? points_.front() : *std::prev(after);
  }

  /// The primary had `position` at `when`. Nothing happens unless it moved forward.
  void Record(TimePoint when, const Position& position) {
    if (!points_.empty() && !(points_.back().position < position)) return;
    if (points_.size() >= capacity_) Thin();
    points_.push_back({when, position});
  }

  /// A new primary goes on from `position`: what the old one had beyond it is lost and is no lag of
  /// anybody.
  void Rebase(const Position& position) {
    while (!points_.empty() && position < points_.back().position) points_.pop_back();
  }

  /// The stream started anew; old positions mean nothing in it.
  void Clear() { points_.clear(); }

  /// How long at `now` the primary has had something that a member at `position` has not: zero when
  /// it has everything. Nothing when the primary was past `position` before the first point: longer
  /// than can be told.
  std::optional<Duration> BehindFor(const Position& position, TimePoint now) const {
    if (points_.empty()) return std::nullopt;
    const auto after =
        std::upper_bound(points_.begin(), points_.end(), position,
                         [](const Position& p, const Point& point) { return p < point.position; });
    if (after == points_.end()) return Duration::zero();
    if (after == points_.begin()) return std::nullopt;
    return std::max(now - after->when, Duration::zero());
  }

 private:
  void Thin() {
    size_t kept = 0;
    for (size_t i = 0; i < points_.size(); ++i) {
      if (i % 2 == 0 || i >= points_.size() / 2) points_[kept++] = points_[i];
    }
    points_.resize(kept);
  }

  size_t capacity_;
  std::vector<Point> points_;
};

}  // namespace replicawatch
