#include "exporters/redis/parse/address.h"

#include "common/base/text.h"

namespace replicawatch::redis {

std::string JoinAddress(std::string_view host, std::string_view port) {
  const bool bare_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  std::string address = bare_ipv6 ? "[" + std::string(host) + "]" : std::string(host);
  address += ':';
  address += port;
  return address;
}

Result<HostPort> SplitAddress(std::string_view address) {
  if (address.starts_with(kUnixScheme)) {
    const std::string_view path = address.substr(kUnixScheme.size());
    if (!path.starts_with('/'))
      return Fail(ErrorCode::kParse, "a Unix socket is written unix:///path");
    return HostPort{std::string(path), 0};
  }
  const size_t colon = address.rfind(':');
  const auto bad = [&] {
    return Fail(ErrorCode::kParse,
                "\"" + std::string(address) + "\" is no address; write it as host:port");
  };
  if (colon == std::string_view::npos || colon == 0) return bad();
  const auto port = ParseInt(address.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return bad();
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return bad();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  if (host.empty() || host.find_first_of("[]") != std::string_view::npos) return bad();
  return HostPort{std::string(host), static_cast<int>(*port)};
}

}  // namespace replicawatch::redis
