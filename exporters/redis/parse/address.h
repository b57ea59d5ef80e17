#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::redis {

/// host:port, with brackets around a bare IPv6 address: the form that labels and connections use.
std::string JoinAddress(std::string_view host, std::string_view port);

constexpr std::string_view kUnixScheme = "unix://";

struct HostPort {
  std::string host;  ///< without brackets; of a Unix socket its path
  int port = 0;      ///< 0: a Unix socket
};

/// Takes "host:port", "[::1]:port", "unix:///path" apart.
Result<HostPort> SplitAddress(std::string_view address);

}  // namespace replicawatch::redis
