#pragma once

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/secret.h"
#include "common/web/web_config.h"

namespace replicawatch {

struct Credentials {
  std::string user;
  Secret password;
};

/// What an Authorization header says, if it is a well-formed one of the kind Basic.
std::optional<Credentials> ParseBasicAuth(std::string_view header);

/// Checks users and passwords against bcrypt hashes. Thread-safe.
///
/// A check costs tenths of a second of CPU, on purpose. So they are made one at a time, and what
/// was found out is remembered: under an HMAC with a key of this process, from which no password
/// can be had. Who guesses passwords holds up few: credentials that were good once never wait, only
/// some requests of each client's address may, and when too many wait the next are told to come
/// again.
class BasicAuth {
 public:
  BasicAuth();

  enum class Answer : uint8_t { kGood, kBad, kBusy };

  /// `client` is the address that the request came from, without its port. `users` are those of
  /// now: a changed hash makes what is remembered of it worthless.
  Answer Check(const WebUsers& users, const Credentials& credentials, const std::string& client);

 private:
  using Digest = std::string;

  Digest DigestOf(const Credentials& credentials, std::string_view hash) const;
  std::optional<bool> Remembered(const std::string& user, const Digest& digest) const;
  void Remember(const std::string& user, const Digest& digest, bool good);

  static constexpr size_t kMaxWaiting = 32;
  static constexpr size_t kMaxWaitingOfClient = 8;
  static constexpr size_t kBadRemembered = 128;

  const Secret key_;
  mutable std::mutex mutex_;
  std::condition_variable turn_;
  bool checking_ = false;
  std::multiset<std::string> clients_;  ///< of the requests that wait or are being checked
  /// By user; bounded by the users that ever were configured, and out of reach of those who guess.
  std::map<std::string, Digest> good_;
  std::array<Digest, kBadRemembered> bad_;
  size_t next_bad_ = 0;
};

}  // namespace replicawatch
