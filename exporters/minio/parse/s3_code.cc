#include "exporters/minio/parse/s3_code.h"

#include <algorithm>
#include <array>
#include <string>

#include "exporters/minio/parse/refusal.h"

namespace replicawatch::minio {
namespace {

constexpr std::array<std::string_view, 26> kKnown = {
    "AccessDenied",
    "AuthorizationHeaderMalformed",
    "InternalError",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "InvalidRequest",
    "MethodNotAllowed",
    "NoSuchBucket",
    "NoSuchKey",
    "NotImplemented",
    "ObjectLocked",
    "OperationTimedOut",
    "PreconditionFailed",
    "QuotaExceeded",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "ServerNotInitialized",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SlowDown",
    "SlowDownRead",
    "SlowDownWrite",
    "TooManyRequests",
    "XMinioAdminBucketQuotaExceeded",
    "XMinioServerNotInitialized",
    "XMinioStorageFull",
};

}  // namespace

std::string_view CodeLabel(int status, std::string_view body) {
  const std::string code = FindRefusalCode(body);
  const auto* const known = std::find(kKnown.begin(), kKnown.end(), code);
  if (known != kKnown.end()) return *known;
  if (status == 404) return "http_404";
  if (status == 403) return "http_403";
  if (status >= 400 && status < 500) return "http_4xx";
  return status >= 500 && status < 600 ? "http_5xx" : "http_other";
}

}  // namespace replicawatch::minio
