#pragma once

#include <cstdint>

#include "common/base/secret.h"
#include "common/net/http_client.h"

namespace replicawatch::minio {

/// The bearer token with which MinIO gives out its metrics: a JSON Web Token (HS512) that the
/// secret key signs. Made here, stored nowhere on the server. `end` in seconds since 1970.
Secret MakeMetricsToken(const S3Key& key, int64_t end);

}  // namespace replicawatch::minio
