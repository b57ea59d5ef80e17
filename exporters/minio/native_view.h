#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicawatch::minio {

/// The metrics page of one node, as it came.
struct NativeNodePage {
  std::string member;
  std::shared_ptr<const std::string> text;  ///< null: it did not come
};

/// A page about the whole cluster, as the node that was asked last gave it.
struct NativeClusterPage {
  std::string_view name;                    ///< "cluster" or "bucket"
  std::shared_ptr<const std::string> text;  ///< null: there is none that is young enough
  std::optional<double> age_seconds;
};

/// MinIO's own metrics; immutable once made.
struct NativeView {
  std::vector<NativeNodePage> nodes;  ///< by member
  std::vector<NativeClusterPage> pages;
};

}  // namespace replicawatch::minio
