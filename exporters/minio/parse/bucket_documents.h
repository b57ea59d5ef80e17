#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "exporters/minio/parse/bucket_lists.h"

namespace replicawatch::minio {

/// A bucket's policy in a form in which two policies are the same text when they allow and deny the
/// same: neither the order of statements, actions, resources and principals counts, nor how they
/// are spread over statements, nor whether a single one is a list, nor Sid and Id. A policy without
/// statements is empty. kLimit when it is large beyond reason.
Result<std::string> CanonicalPolicy(std::string_view json);

/// The same for a document in XML: names without namespaces, no attributes, elements in any order;
/// empty elements and the IDs of rules, which the server makes up, don't count. A document that
/// says nothing, as that of a bucket without notifications, is empty.
Result<std::string> CanonicalXml(std::string_view xml, std::string_view root);

/// What objects are held for by default.
struct Retention {
  std::string mode;  ///< GOVERNANCE or COMPLIANCE
  int days = 0;      ///< either of the two is 0
  int years = 0;

  friend bool operator==(const Retention&, const Retention&) = default;
};

/// The answer to GET /BUCKET?object-lock=.
struct ObjectLock {
  bool enabled = false;
  std::optional<Retention> retention;
};
Result<ObjectLock> ParseObjectLock(std::string_view xml);

/// The answer to GET /BUCKET?versioning=.
Result<Versioning> ParseVersioning(std::string_view xml);

}  // namespace replicawatch::minio
