#include "exporters/minio/inventory.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace replicawatch::minio {
namespace {

using Place = std::pair<int, int>;  // pool, set

bool HasPlace(const Drive& drive, const std::vector<PoolLayout>& pools) {
  const auto pool = static_cast<size_t>(drive.pool);
  return drive.pool >= 0 && drive.set >= 0 && pool < pools.size() && drive.set < pools[pool].sets;
}

const Drive* FindDrive(const Inventory* inventory, const std::string& endpoint) {
  if (inventory == nullptr) return nullptr;
  const auto found = std::find_if(inventory->drives.begin(), inventory->drives.end(),
                                  [&](const Drive& drive) { return drive.endpoint == endpoint; });
  return found == inventory->drives.end() ? nullptr : &*found;
}

/// What `before` had in sets that now have fewer drives than they are made of.
void AddMissing(const Inventory& before, Inventory& now) {
  std::map<Place, int> count;
  std::set<std::string> present;
  for (const Drive& drive : now.drives) {
    ++count[{drive.pool, drive.set}];
    present.insert(drive.endpoint);
  }
  for (const Drive& drive : before.drives) {
    if (!HasPlace(drive, now.pools) || present.contains(drive.endpoint)) continue;
    int& drives = count[{drive.pool, drive.set}];
    if (drives >= now.pools[static_cast<size_t>(drive.pool)].drives_per_set) continue;
    ++drives;
    now.drives.push_back(drive);
    now.drives.back().state = DriveState::kOffline;
  }
}

}  // namespace

std::vector<NodeAddress> Inventory::Nodes() const {
  std::map<std::string, NodeAddress> nodes;
  for (const Drive& drive : drives) nodes.emplace(drive.node.name, drive.node);
  std::vector<NodeAddress> sorted;
  for (auto& [name, node] : nodes) sorted.push_back(std::move(node));
  return sorted;
}

Inventory MergeInventory(const Inventory* before, StorageInfo fresh, const NodeAddress& self) {
  Inventory now{{}, std::move(fresh.pools)};
  for (Drive& drive : fresh.drives) {
    if (drive.node.name.empty()) drive.node = self;
    if (!HasPlace(drive, now.pools)) {
      const Drive* known = FindDrive(before, drive.endpoint);
      if (known == nullptr || !HasPlace(*known, now.pools)) continue;
      drive.pool = known->pool;
      drive.set = known->set;
    }
    now.drives.push_back(std::move(drive));
  }
  if (before != nullptr) AddMissing(*before, now);
  std::sort(now.drives.begin(), now.drives.end(), [](const Drive& a, const Drive& b) {
    return std::tie(a.pool, a.set, a.endpoint) < std::tie(b.pool, b.set, b.endpoint);
  });
  return now;
}

}  // namespace replicawatch::minio
