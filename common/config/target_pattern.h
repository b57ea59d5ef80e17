#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch {

/// What a module of /probe allows, as "host:port": the host a name or address, a name with `*` for
/// any letters but no dot ("redis-*.example"), or a network ("10.1.0.0/16", "[fd00::]/8"); the port
/// a number, a range ("6379-6384") or `*`. A network covers addresses only: a name, which may lead
/// anywhere, has to be allowed as a name. Pure; immutable.
class TargetPattern {
 public:
  static Result<TargetPattern> Parse(std::string_view text);

  /// `host` without brackets.
  bool Matches(std::string_view host, int port) const;

 private:
  struct Address {
    std::array<uint8_t, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
    bool valid = false;
  };
  static Address ParseAddress(std::string_view text);
  bool HostMatches(std::string_view host) const;

  std::string name_;  // lower case; empty for an address or a network
  Address network_;
  int prefix_ = 128;
  int first_port_ = 0;
  int last_port_ = 0;
};

}  // namespace replicawatch
