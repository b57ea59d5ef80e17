#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

enum class Versioning : uint8_t { kOff, kEnabled, kSuspended };

/// One bucket of accountinfo, or of ListBuckets, which knows the first two alone.
struct ListedBucket {
  std::string name;
  std::optional<double> created_seconds;  ///< since 1970; ListBuckets cuts it to milliseconds
  std::optional<Versioning> versioning{};
  std::optional<bool> locking{};
  std::optional<bool> replication{};
  std::optional<double> quota_bytes{};  ///< 0: none
  std::optional<double> bytes{};        ///< as of the scanner's last round
  std::optional<double> objects{};
};

/// The answer to GET /minio/admin/v3/accountinfo: all buckets in which the key may do something.
/// Sizes are absent until the scanner has been at the bucket: before, MinIO writes 0 and no
/// histogram.
Result<std::vector<ListedBucket>> ParseAccountInfo(std::string_view body,
                                                   size_t max_buckets = 100'000);

/// The answer to GET /, ListBuckets.
Result<std::vector<ListedBucket>> ParseBucketList(std::string_view body,
                                                  size_t max_buckets = 100'000);

struct Upload {
  std::string key;
  std::string id;
  std::optional<double> initiated_seconds;  ///< since 1970
};

/// The answer to GET /BUCKET?uploads=.
Result<std::vector<Upload>> ParseUploads(std::string_view body, size_t max_uploads = 10'000);

}  // namespace replicawatch::minio
