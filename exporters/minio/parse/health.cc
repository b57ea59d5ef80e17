#include "exporters/minio/parse/health.h"

#include <charconv>
#include <string_view>

#include "common/base/digest.h"
#include "common/base/text.h"

namespace replicawatch::minio {
namespace {

/// Times outside 2001 to 2100 are no times: other servers fill the header with random digits.
std::optional<int64_t> ClockOf(std::string_view request_id) {
  constexpr int64_t kEarliest = 1'000'000'000'000'000'000;
  constexpr int64_t kLatest = 4'102'444'800'000'000'000;
  int64_t ns = 0;
  const char* end = request_id.data() + request_id.size();
  const auto [stop, error] = std::from_chars(request_id.data(), end, ns, 16);
  if (error != std::errc() || stop != end || ns < kEarliest || ns > kLatest) return std::nullopt;
  return ns;
}

Error NotMinio(int status) {
  return {ErrorCode::kProtocol,
          "what answers is no MinIO: HTTP " + std::to_string(status) + " without X-Amz-Request-Id"};
}

}  // namespace

const std::string* FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (EqualsIgnoreCase(key, name)) return &value;
  }
  return nullptr;
}

Result<Liveness> ParseLiveness(int status, const Headers& headers) {
  const std::string* id = FindHeader(headers, "X-Amz-Request-Id");
  if (id == nullptr) return tl::unexpected(NotMinio(status));
  // It answered, so it is up; what keeps it from its service is no fault of the connection.
  Liveness live{
      status == 200 && FindHeader(headers, "X-Minio-Server-Status") == nullptr, ClockOf(*id), {}};
  if (const std::string* identity = FindHeader(headers, "X-Amz-Id-2")) live.identity = *identity;
  return live;
}

Result<bool> ParseClusterHealth(int status, const Headers& headers) {
  if (FindHeader(headers, "X-Amz-Request-Id") == nullptr) return tl::unexpected(NotMinio(status));
  if (status == 200) return true;
  if (status == 503) return false;
  return Fail(ErrorCode::kUnsupported, "HTTP " + std::to_string(status));
}

Result<bool> ParseMaintenance(int status, const Headers& headers) {
  constexpr int kNotWithoutIt = 412;
  if (status == kNotWithoutIt && FindHeader(headers, "X-Amz-Request-Id") != nullptr) return false;
  return ParseClusterHealth(status, headers);
}

Result<bool> ParseReady(int status, const Headers& headers) {
  return ParseClusterHealth(status, headers);
}

std::optional<RequestPool> ParseRequestPool(const Headers& headers) {
  const auto number = [&](std::string_view name) -> std::optional<int64_t> {
    const std::string* text = FindHeader(headers, name);
    return text == nullptr ? std::nullopt : ParseInt(*text);
  };
  const auto limit = number("X-Ratelimit-Limit");
  const auto remaining = number("X-Ratelimit-Remaining");
  if (!limit || !remaining) return std::nullopt;
  return RequestPool{static_cast<double>(*limit), static_cast<double>(*remaining)};
}

std::string NodeIdentity(const std::string& name) { return Sha256Hex(name); }

}  // namespace replicawatch::minio
