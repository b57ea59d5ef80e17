#include "common/config/target_pattern.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "common/base/text.h"

namespace replicawatch {
namespace {

constexpr int kMostPort = 65535;
constexpr int kIpv4Prefix = 96;

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

/// `*` stands for any letters but no dot.
bool GlobMatches(std::string_view pattern, std::string_view text) {
  while (!pattern.empty() && pattern.front() != '*') {
    if (text.empty() || text.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  if (pattern.empty()) return text.empty();
  pattern.remove_prefix(1);
  for (;; text.remove_prefix(1)) {
    if (GlobMatches(pattern, text)) return true;
    if (text.empty() || text.front() == '.') return false;
  }
}

std::optional<int> ParsePort(std::string_view text) {
  const auto port = ParseInt(text);
  if (!port || *port < 1 || *port > kMostPort) return std::nullopt;
  return static_cast<int>(*port);
}

}  // namespace

TargetPattern::Address TargetPattern::ParseAddress(std::string_view text) {
  Address address;
  const std::string copy(text);
  in_addr four{};
  if (inet_pton(AF_INET, copy.c_str(), &four) == 1) {
    address.bytes[10] = address.bytes[11] = 0xFF;
    std::memcpy(&address.bytes[12], &four, sizeof four);
    address.valid = true;
  } else {
    address.valid = inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1;
  }
  return address;
}

Result<TargetPattern> TargetPattern::Parse(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Fail(ErrorCode::kParse, "\"" + std::string(text) + "\": " + std::string(why));
  };
  TargetPattern pattern;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return bad("write it as host:port, with * for any port");
  std::string_view ports = text.substr(colon + 1);
  if (ports == "*") {
    pattern.first_port_ = 1;
    pattern.last_port_ = kMostPort;
  } else {
    const auto first = ParsePort(CutAt(ports, '-'));
    const auto last = ports.empty() ? first : ParsePort(ports);
    if (!first || !last || *first > *last) return bad("the port is no number, range or *");
    pattern.first_port_ = *first;
    pattern.last_port_ = *last;
  }
  std::string_view prefix = text.substr(0, colon);
  const std::string_view host = CutAt(prefix, '/');
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  pattern.network_ = ParseAddress(bracketed ? host.substr(1, host.size() - 2) : host);
  const bool has_prefix = host.size() + 1 + prefix.size() == colon;
  if (!pattern.network_.valid) {
    if (has_prefix || bracketed || host.find(':') != std::string_view::npos)
      return bad("the host is no address");
    pattern.name_ = ToLower(host);
    return pattern;
  }
  if (!has_prefix) return pattern;
  const bool four = host.find(':') == std::string_view::npos;
  const auto bits = ParseInt(prefix);
  if (!bits || *bits < 0 || *bits > (four ? 32 : 128)) return bad("the network's length is wrong");
  pattern.prefix_ = static_cast<int>(*bits) + (four ? kIpv4Prefix : 0);
  return pattern;
}

bool TargetPattern::HostMatches(std::string_view host) const {
  constexpr size_t kLongestName = 255;
  if (host.empty() || host.size() > kLongestName) return false;
  if (!name_.empty()) return GlobMatches(name_, ToLower(host));
  const Address address = ParseAddress(host);
  if (!address.valid) return false;
  for (int bit = 0; bit < prefix_; bit += 8) {
    const auto byte = static_cast<size_t>(bit / 8);
    const int kept = std::min(prefix_ - bit, 8);
    const auto mask = static_cast<uint8_t>(0xFF << (8 - kept));
    if (((address.bytes[byte] ^ network_.bytes[byte]) & mask) != 0) return false;
  }
  return true;
}

bool TargetPattern::Matches(std::string_view host, int port) const {
  return first_port_ <= port && port <= last_port_ && HostMatches(host);
}

}  // namespace replicawatch
