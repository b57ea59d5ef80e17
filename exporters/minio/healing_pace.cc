#include "exporters/minio/healing_pace.h"

#include <utility>

namespace replicawatch::minio {
namespace {

constexpr auto kWindow = std::chrono::minutes(5);
constexpr auto kShortest = std::chrono::seconds(1);

}  // namespace

void HealingPace::Observe(Inventory& inventory, TimePoint now) {
  std::map<std::string, std::deque<Point>> kept;
  for (KnownDrive& drive : inventory.drives) {
    if (drive.state != DriveState::kHealing || !drive.healing) continue;
    std::deque<Point> points = std::move(points_[drive.endpoint]);
    const double bytes = drive.healing->done_bytes + drive.healing->skipped_bytes;
    // It began anew.
    if (!points.empty() && bytes < points.back().bytes) points.clear();
    points.push_back({now, bytes});
    // The first one stays at or beyond the window's begin, so that the pace is over all of it.
    while (points.size() > 2 && points[1].when <= now - kWindow) points.pop_front();
    const Duration span = now - points.front().when;
    if (span >= kShortest)
      drive.healed_bytes_per_second = (bytes - points.front().bytes) / Seconds(span);
    kept.emplace(drive.endpoint, std::move(points));
  }
  points_ = std::move(kept);
}

}  // namespace replicawatch::minio
