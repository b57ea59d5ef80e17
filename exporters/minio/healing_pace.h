#pragma once

#include <deque>
#include <map>
#include <string>

#include "common/base/deadline.h"
#include "exporters/minio/inventory.h"

namespace replicawatch::minio {

/// Remembers how far the rebuilding of each drive was in the last minutes, from which its pace
/// follows: MinIO itself tells none, and an average since the start tells nothing of a rebuilding
/// that has come to a stand. Bounded. Not synchronised.
class HealingPace {
 public:
  /// Notes what the inventory of this moment says and fills in each drive's pace.
  void Observe(Inventory& inventory, TimePoint now);

 private:
  struct Point {
    TimePoint when;
    double bytes;
  };
  std::map<std::string, std::deque<Point>> points_;  // by the drive's endpoint
};

}  // namespace replicawatch::minio
