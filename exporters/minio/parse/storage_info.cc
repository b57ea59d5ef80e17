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
                          IntAt(FindMember(backend, "StandardSCData"), i).value_or(0),
                          IntAt(FindMember(backend, "RRSCData"), i).value_or(0)};
    if (pool.sets < 1 || pool.data < 1 || pool.data > pool.drives_per_set ||
        pool.reduced_data < 0 || pool.reduced_data > pool.drives_per_set) {
      return Fail(ErrorCode::kParse,
                  "storageinfo: TotalSets, DrivesPerSet and the *SCData don't make a pool");
    }
    pools.push_back(pool);
  }
  return pools;
}

/// A drive that the node can't look into has no sizes; zero ones are left out by the server.
std::optional<DriveUsage> UsageOf(const Json& disk) {
  const std::optional<double> total = NumberOf(disk, "totalspace");
  if (!total || *total <= 0) return std::nullopt;
  DriveUsage usage;
  usage.total_bytes = *total;
  usage.used_bytes = NumberOf(disk, "usedspace").value_or(0);
  usage.free_bytes = NumberOf(disk, "availspace").value_or(0);
  usage.used_inodes = NumberOf(disk, "used_inodes");
  usage.free_inodes = NumberOf(disk, "free_inodes");
  const std::optional<int> major = IntOf(disk, "major");
  if (major) {
    usage.device = std::to_string(*major) + ":" + std::to_string(IntOf(disk, "minor").value_or(0));
  }
  return usage;
}

std::optional<DriveErrors> ErrorsOf(const Json& disk) {
  const Json* metrics = FindMember(disk, "metrics");
  if (metrics == nullptr || !metrics->is_object()) return std::nullopt;
  return DriveErrors{NumberOf(*metrics, "totalErrorsAvailability").value_or(0),
                     NumberOf(*metrics, "totalErrorsTimeout").value_or(0),
                     NumberOf(*metrics, "totalWaiting").value_or(0)};
}

std::optional<Healing> HealingOf(const Json& disk) {
  const Json* info = FindMember(disk, "heal_info");
  if (info == nullptr || !info->is_object()) return std::nullopt;
  Healing healing;
  healing.started_unix_seconds = TimeOf(*info, "started");
  healing.last_update_unix_seconds = TimeOf(*info, "last_update");
  healing.expected_bytes = NumberOf(*info, "objects_total_size");
  if (healing.expected_bytes == 0.0) healing.expected_bytes.reset();
  healing.done_bytes = NumberOf(*info, "bytes_done").value_or(0);
  healing.failed_bytes = NumberOf(*info, "bytes_failed").value_or(0);
  healing.skipped_bytes = NumberOf(*info, "bytes_skipped").value_or(0);
  healing.healed_objects = NumberOf(*info, "items_healed").value_or(0);
  healing.failed_objects = NumberOf(*info, "items_failed").value_or(0);
  healing.retries = NumberOf(*info, "retry_attempts").value_or(0);
  healing.finished = IsTrue(*info, "finished");
  return healing;
}

}  // namespace

std::string_view Drive::path() const {
  const std::string_view text = endpoint;
  const size_t scheme = text.find("://");
  const size_t begin = text.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return begin == std::string_view::npos ? text : text.substr(begin);
}

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
    drive.usage = UsageOf(disk);
    drive.errors = ErrorsOf(disk);
    drive.healing = HealingOf(disk);
    info.drives.push_back(std::move(drive));
  }
  if (info.drives.empty()) return Fail(ErrorCode::kParse, "storageinfo: no drives");
  return info;
}

}  // namespace replicawatch::minio
