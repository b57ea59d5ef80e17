#pragma once

#include <string_view>

namespace replicawatch::minio {

/// The code of a refusal as a label's value, out of a bounded set: a well-known code of the S3 API
/// or of MinIO as it is, else `http_4xx`, `http_5xx` or `http_other`. An answer to HEAD has no body
/// and so no code: its status tells some. The text lives for ever.
std::string_view CodeLabel(int status, std::string_view body);

}  // namespace replicawatch::minio
