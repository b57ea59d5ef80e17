#include "exporters/minio/inventory.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace replicawatch::minio {
namespace {

using Place = std::pair<int, int>;  // pool, set

bool HasPlace(const Drive& drive, const std::vector<PoolLayout>& pools) {
  const auto pool = static_cast<size_t>(drive.pool);
  return drive.pool >= 0 && drive.set >= 0 && pool < pools.size() && drive.set < pools[pool].sets;
}

using ByEndpoint = std::unordered_map<std::string_view, const KnownDrive*>;

ByEndpoint Index(const Inventory* inventory) {
  ByEndpoint index;
  if (inventory == nullptr) return index;
  for (const KnownDrive& drive : inventory->drives) index.emplace(drive.endpoint, &drive);
  return index;
}

/// MinIO leaves out the sizes of a drive that it does not reach: a deployment would shrink.
void KeepLastKnown(const KnownDrive* known, double now_unix_seconds, KnownDrive& drive) {
  if (drive.usage) {
    drive.seen_unix_seconds = now_unix_seconds;
    return;
  }
  if (known == nullptr) return;
  drive.usage = known->usage;
  drive.errors = known->errors;
  drive.seen_unix_seconds = known->seen_unix_seconds;
}

/// What `before` had in sets that now have fewer drives than they are made of.
void AddMissing(const Inventory& before, Inventory& now) {
  std::map<Place, int> count;
  std::set<std::string> present;
  for (const KnownDrive& drive : now.drives) {
    ++count[{drive.pool, drive.set}];
    present.insert(drive.endpoint);
  }
  for (const KnownDrive& drive : before.drives) {
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
  for (const KnownDrive& drive : drives) nodes.emplace(drive.node.name, drive.node);
  std::vector<NodeAddress> sorted;
  for (auto& [name, node] : nodes) sorted.push_back(std::move(node));
  return sorted;
}

Inventory MergeInventory(const Inventory* before, StorageInfo fresh, const NodeAddress& self,
                         double now_unix_seconds) {
  Inventory now{{}, std::move(fresh.pools)};
  const ByEndpoint index = Index(before);
  for (Drive& answered : fresh.drives) {
    KnownDrive drive{std::move(answered)};
    if (drive.node.name.empty()) drive.node = self;
    const auto found = index.find(drive.endpoint);
    const KnownDrive* known = found == index.end() ? nullptr : found->second;
    if (!HasPlace(drive, now.pools)) {
      if (known == nullptr || !HasPlace(*known, now.pools)) continue;
      drive.pool = known->pool;
      drive.set = known->set;
    }
    KeepLastKnown(known, now_unix_seconds, drive);
    now.drives.push_back(std::move(drive));
  }
  if (before != nullptr) AddMissing(*before, now);
  std::sort(now.drives.begin(), now.drives.end(), [](const KnownDrive& a, const KnownDrive& b) {
    return std::tie(a.pool, a.set, a.endpoint) < std::tie(b.pool, b.set, b.endpoint);
  });
  return now;
}

}  // namespace replicawatch::minio
