#include "exporters/minio/quorum.h"

#include <algorithm>
#include <functional>

namespace replicawatch::minio {

int SpareDrives(const std::vector<NodeShare>& shares, int quorum) {
  int usable = 0;
  for (const NodeShare& share : shares) usable += share.usable;
  return usable - quorum;
}

int SpareNodes(const std::vector<NodeShare>& shares, int quorum) {
  int spare = SpareDrives(shares, quorum);
  std::vector<int> steps;
  for (const NodeShare& share : shares) {
    steps.push_back(spare >= 0 ? share.usable : share.drives - share.usable);
  }
  std::sort(steps.begin(), steps.end(), std::greater<>());
  int nodes = 0;
  if (spare >= 0) {
    for (const int lost : steps) {
      // A node without a usable drive is lost already: it is no spare one.
      spare -= lost;
      if (spare < 0 || lost == 0) break;
      ++nodes;
    }
    return nodes;
  }
  for (const int back : steps) {
    if (spare >= 0) break;
    spare += back;
    --nodes;
  }
  return nodes;
}

}  // namespace replicawatch::minio
