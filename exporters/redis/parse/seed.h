#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/secret.h"

namespace replicawatch::redis {

struct Seed {
  std::string address;  ///< host:port, or unix:///path
  bool tls = false;     ///< rediss://
  std::string user;
  Secret password;
};

/// Reads "redis://[user[:password]@]host[:port]", "rediss://..." with TLS, "unix:///path" or
/// "host:port"; the port's default is 6379. Valkey's names of the schemes are taken too. An error
/// does not repeat the text, which may hold a password.
Result<Seed> ParseSeed(std::string_view text);

}  // namespace replicawatch::redis
