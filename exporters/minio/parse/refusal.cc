#include "exporters/minio/parse/refusal.h"

#include <algorithm>

#include "common/base/text.h"
#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {
namespace {

constexpr size_t kLongestCode = 64;

/// Codes are words of letters; anything else is not worth a log line.
bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= kLongestCode &&
         std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

ErrorCode CodeFor(int status, std::string_view code) {
  if (code == "AccessDenied") return ErrorCode::kPermission;
  if (status == 401 || status == 403 || code == "AuthorizationHeaderMalformed") {
    return ErrorCode::kAuth;
  }
  if (status == 404 || status == 405 || status == 501) return ErrorCode::kUnsupported;
  return status >= 500 ? ErrorCode::kConnect : ErrorCode::kProtocol;
}

}  // namespace

std::string FindRefusalCode(std::string_view body) {
  constexpr std::string_view kOpen = "<Code>";
  std::string code;
  if (TrimSpace(body).starts_with('<')) {
    const size_t begin = body.find(kOpen);
    if (begin == std::string_view::npos) return {};
    body.remove_prefix(begin + kOpen.size());
    code = body.substr(0, body.find('<'));
  } else if (const Result<Json> root = ParseJson(body)) {
    code = TextOf(*root, "Code");
  }
  return IsCode(code) ? code : std::string();
}

Error ParseRefusal(int status, std::string_view body) {
  const std::string code = FindRefusalCode(body);
  std::string message = "HTTP " + std::to_string(status);
  if (!code.empty()) message += " " + code;
  if (code == "RequestTimeTooSkewed") message += ": the clocks differ by more than 15 minutes";
  return {CodeFor(status, code), std::move(message)};
}

}  // namespace replicawatch::minio
