#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/minio/bucket_settings.h"
#include "exporters/minio/parse/replication.h"

namespace replicawatch::minio {

/// What is known of one declared bucket; all else is absent.
struct BucketFact {
  std::string name;
  std::optional<bool> exists;
  std::optional<double> created_seconds;             ///< since 1970
  double recreations = 0;                            ///< seen since the exporter's start
  std::vector<std::pair<BucketAspect, bool>> drift;  ///< true: not as declared
  std::optional<double> bytes;
  std::optional<double> objects;
  std::optional<size_t> uploads;                ///< multipart, confirmed
  size_t unconfirmed_keys = 0;                  ///< left out: there was no room for them
  std::optional<double> oldest_upload_seconds;  ///< since 1970
  std::optional<ReplicationMetrics> replication;
  std::vector<RemoteTarget> targets;
};

/// What is known of the buckets of a deployment. Immutable once made.
struct BucketFacts {
  std::vector<BucketFact> buckets;
  size_t left_out = 0;               ///< declared, but beyond the limit
  std::optional<size_t> unexpected;  ///< buckets that nobody declared
  std::vector<std::string> unexpected_names;
  std::map<std::string_view, size_t>
      refused;  ///< declared buckets by what may not be asked of them
};

/// How old what is known of the buckets is; absent: never known.
struct BucketAges {
  std::optional<double> list;       ///< which buckets there are
  std::optional<double> account;    ///< quota and usage
  std::optional<double> documents;  ///< since the beginning of the last complete round
};

}  // namespace replicawatch::minio
