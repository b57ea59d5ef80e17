#include "exporters/minio/parse/storage_info.h"

#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {
namespace {

DriveState StateOf(const Json& disk) {
  const std::string state = TextOf(disk, "state");
  if (state == "ok") return IsTrue(disk, "healing") ? DriveState::kHealing : DriveState::kOk;
  if (state == "offline") return DriveState::kOffline;
  if (state == "unformatted") return DriveState::kUnformatted;
  if (state == "faulty" || state == "corrupt") return DriveState::kFaulty;
  return DriveState::kOther;
}

Result<std::vector<PoolLayout>> ReadPools(const Json& backend) {
  const Json::array_t& drives_per_set = ListOf(backend, "DrivesPerSet");
  if (drives_per_set.empty()) return Fail(ErrorCode::kParse, "storageinfo: no DrivesPerSet");
  std::vector<PoolLayout> pools;
  for (size_t i = 0; i < drives_per_set.size(); ++i) {
    // The *Parities beside it are null: parity is what is not data.
    const PoolLayout pool{IntAt(FindMember(backend, "TotalSets"), i).value_or(0),
                          IntAt(FindMember(backend, "DrivesPerSet"), i).value_or(0),
                          IntAt(FindMember(backend, "StandardSCData"), i).value_or(0)};
    if (pool.sets < 1 || pool.data < 1 || pool.data > pool.drives_per_set) {
      return Fail(ErrorCode::kParse,
                  "storageinfo: TotalSets, DrivesPerSet and StandardSCData don't make a pool");
    }
    pools.push_back(pool);
  }
  return pools;
}

}  // namespace

Result<StorageInfo> ParseStorageInfo(std::string_view body, size_t max_drives) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "storageinfo: " + root.error().message);
  const Json* backend = FindMember(*root, "Backend");
  if (backend == nullptr) return Fail(ErrorCode::kParse, "storageinfo: no Backend");
  Result<std::vector<PoolLayout>> pools = ReadPools(*backend);
  if (!pools) return tl::unexpected(pools.error());

  StorageInfo info{{}, std::move(*pools)};
  const Json::array_t& disks = ListOf(*root, "Disks");
  if (disks.size() > max_drives) return Fail(ErrorCode::kLimit, "storageinfo: too many drives");
  for (const Json& disk : disks) {
    Drive drive;
    drive.endpoint = TextOf(disk, "endpoint");
    Result<NodeAddress> node = ParseDriveEndpoint(drive.endpoint);
    if (!node) return Fail(ErrorCode::kParse, "storageinfo: " + node.error().message);
    drive.node = std::move(*node);
    drive.state = StateOf(disk);
    drive.pool = IntOf(disk, "pool_index").value_or(-1);
    drive.set = IntOf(disk, "set_index").value_or(-1);
    info.drives.push_back(std::move(drive));
  }
  if (info.drives.empty()) return Fail(ErrorCode::kParse, "storageinfo: no drives");
  return info;
}

}  // namespace replicawatch::minio
