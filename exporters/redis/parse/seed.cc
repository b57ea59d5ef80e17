#include "exporters/redis/parse/seed.h"

#include "exporters/redis/parse/address.h"

namespace replicawatch::redis {

namespace {

struct Scheme {
  std::string_view text;
  bool tls;
};
constexpr Scheme kSchemes[] = {
    {"redis://", false}, {"valkey://", false}, {"rediss://", true}, {"valkeys://", true}};

}  // namespace

Result<Seed> ParseSeed(std::string_view text) {
  Seed seed;
  if (text.starts_with(kUnixScheme)) {
    seed.address = text;
    if (const Result<HostPort> where = SplitAddress(text); !where)
      return tl::unexpected(where.error());
    return seed;
  }
  for (const auto& [scheme, tls] : kSchemes) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    seed.tls = tls;
    break;
  }
  if (text.find("://") != std::string_view::npos)
    return Fail(ErrorCode::kUnsupported,
                "only redis://host:port, rediss://host:port, unix:///path and host:port are "
                "understood");
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = text.substr(0, at);
    const size_t colon = login.find(':');
    seed.user = login.substr(0, colon);
    if (colon != std::string_view::npos)
      seed.password = Secret(std::string(login.substr(colon + 1)));
    text.remove_prefix(at + 1);
  }
  if (const size_t slash = text.find('/'); slash != std::string_view::npos)
    text = text.substr(0, slash);
  const bool has_port = text.rfind(':') != std::string_view::npos && !text.ends_with(']');
  seed.address = has_port ? std::string(text) : std::string(text) + ":6379";
  // The text itself stays out of the message: where it is written wrongly a password may be in it.
  if (!SplitAddress(seed.address))
    return Fail(ErrorCode::kParse, "no address; write it as redis://host:port or host:port");
  return seed;
}

}  // namespace replicawatch::redis
