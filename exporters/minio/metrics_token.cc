#include "exporters/minio/metrics_token.h"

#include <string>

#include "common/base/digest.h"
#include "common/base/text.h"

namespace replicawatch::minio {

Secret MakeMetricsToken(const S3Key& key, int64_t end) {
  std::string claims = R"({"exp":)" + std::to_string(end) + R"(,"iss":"prometheus","sub":)";
  AppendQuoted(claims, key.access_key);
  claims += '}';
  std::string token = Base64Url(R"({"alg":"HS512","typ":"JWT"})") + "." + Base64Url(claims);
  token += "." + Base64Url(HmacSha512(key.secret_key.Reveal(), token));
  return Secret(std::move(token));
}

}  // namespace replicawatch::minio
