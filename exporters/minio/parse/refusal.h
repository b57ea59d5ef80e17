#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::minio {

/// What an answer of status 400 and more means. Its body names the cause: the admin API in JSON,
/// {"Code":..,"Message":..}, the S3 API in XML, <Error><Code>..</Code>.
///
/// AccessDenied -> kPermission, any other 401 or 403 and AuthorizationHeaderMalformed (another
/// region) -> kAuth; 404, 405, 501 -> kUnsupported; any other 5xx -> kConnect: for now the node
/// does not serve, as if it were away.
Error ParseRefusal(int status, std::string_view body);

/// The code alone: "NoSuchBucket"; empty when the body has none.
std::string FindRefusalCode(std::string_view body);

}  // namespace replicawatch::minio
