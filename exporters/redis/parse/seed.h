#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/secret.h"

namespace replicawatch::redis {

struct Seed {
  std::string address;  ///< host:port
  std::string user;
  Secret password;
};

/// Reads "redis://[user[:password]@]host[:port]" or "host:port"; the port's default is 6379. An
/// error does not repeat the text, which may hold a password.
Result<Seed> ParseSeed(std::string_view text);

}  // namespace replicawatch::redis
