#pragma once

#include <cstddef>

#include "common/config/yaml.h"
#include "exporters/minio/bucket_settings.h"

namespace replicawatch::minio {

/// The declared buckets of a cluster as people write them in the file.
class BucketConfig {
 public:
  /// The mapping `buckets`. Reads the files that it names.
  Result<void> ReadBuckets(const YamlValue& value);
  /// The mapping `bucket_survey`.
  Result<void> ReadSurvey(const YamlValue& value);

  /// Both together, in whichever order they stood. Once.
  BucketSettings Complete();

 private:
  BucketSettings settings_;
  size_t most_buckets_ = 100;
};

}  // namespace replicawatch::minio
