#include "exporters/minio/parse/endpoint.h"

#include <algorithm>

#include "common/base/text.h"

namespace replicawatch::minio {
namespace {

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') &&
           host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
  }
  return !host.empty() && host.size() <= 255 &&
         std::all_of(host.begin(), host.end(), IsHostCharacter);
}

/// host, host:port, [v6] or [v6]:port as host:port.
Result<std::string> Authority(std::string_view text, bool tls) {
  const size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
  const std::string_view host = text.substr(0, colon);
  if (!IsHost(host)) return Fail(ErrorCode::kParse, "no host name or address");
  int64_t port = tls ? 443 : 80;
  if (colon != std::string_view::npos) {
    port = ParseInt(text.substr(colon + 1)).value_or(0);
    if (port < 1 || port > 65535) return Fail(ErrorCode::kParse, "no port between 1 and 65535");
  }
  return std::string(host) + ":" + std::to_string(port);
}

/// Takes the scheme off the text. False for one that is not ours.
bool TakeScheme(std::string_view& text, bool& tls) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos) return true;
  const std::string_view scheme = text.substr(0, end);
  tls = EqualsIgnoreCase(scheme, "https");
  if (!tls && !EqualsIgnoreCase(scheme, "http")) return false;
  text.remove_prefix(end + 3);
  return true;
}

}  // namespace

Result<NodeAddress> ParseSeed(std::string_view url) {
  bool tls = false;
  if (!TakeScheme(url, tls)) return Fail(ErrorCode::kParse, "neither http:// nor https://");
  if (url.ends_with('/')) url.remove_suffix(1);
  // The text itself stays out of the message: it may hold a password.
  if (url.find('@') != std::string_view::npos) {
    return Fail(ErrorCode::kParse,
                "holds a user; the credentials are MINIO_ACCESS_KEY and MINIO_SECRET_KEY or "
                "--minio.secret-key-file");
  }
  if (url.find_first_of("/?#") != std::string_view::npos) {
    return Fail(ErrorCode::kParse, "has a path or a query; expected http[s]://host:port");
  }
  Result<std::string> name = Authority(url, tls);
  if (!name) return tl::unexpected(name.error());
  return NodeAddress{std::move(*name), tls};
}

Result<NodeAddress> ParseDriveEndpoint(std::string_view endpoint) {
  if (endpoint.starts_with('/')) return NodeAddress{};
  bool tls = false;
  if (endpoint.find("://") == std::string_view::npos || !TakeScheme(endpoint, tls)) {
    return Fail(ErrorCode::kParse, "a drive's endpoint is neither a URL nor a path");
  }
  Result<std::string> name = Authority(endpoint.substr(0, endpoint.find('/')), tls);
  if (!name) return tl::unexpected(name.error());
  return NodeAddress{std::move(*name), tls};
}

}  // namespace replicawatch::minio
