#include "common/web/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "common/base/digest.h"
#include "common/base/text.h"

namespace replicawatch {
namespace {

std::string RandomKey() {
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("OpenSSL gives no random bytes");
  return key;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xff);
  }
  return out;
}

/// What a user who is not there is checked against: it costs as much as one who is, and fits no
/// password, since whoever knows the hash does not get in by it.
std::string FakeHash(const WebUsers& users) {
  std::string hash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
  std::string cost = hash.substr(4, 2);
  for (const auto& [name, known] : users) {
    if (name == users.begin()->first || known.compare(4, 2, cost) > 0) cost = known.substr(4, 2);
  }
  return hash.replace(4, 2, cost);
}

bool SameInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool Matches(const Secret& password, const std::string& hash) {
  // Behind a zero byte crypt() sees nothing: what fits up to there is not the password.
  const bool whole = password.Reveal().find('\0') == std::string_view::npos;
  const auto work = std::make_unique<crypt_data>();  // 32 kB
  const char* computed = crypt_r(std::string(password.Reveal()).c_str(), hash.c_str(), work.get());
  const bool same = computed != nullptr && SameInConstantTime(computed, hash);
  OPENSSL_cleanse(work.get(), sizeof(*work));
  return same && whole;
}

}  // namespace

std::optional<Credentials> ParseBasicAuth(std::string_view header) {
  std::string_view rest = TrimSpace(header);
  if (!EqualsIgnoreCase(CutAt(rest, ' '), "Basic")) return std::nullopt;
  std::optional<std::string> decoded = DecodeBase64(TrimSpace(rest));
  if (!decoded) return std::nullopt;
  const size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  Credentials credentials{decoded->substr(0, colon), Secret(decoded->substr(colon + 1))};
  OPENSSL_cleanse(decoded->data(), decoded->size());
  return credentials;
}

BasicAuth::BasicAuth() : key_(RandomKey()) {}

BasicAuth::Digest BasicAuth::DigestOf(const Credentials& credentials, std::string_view hash) const {
  // The sizes keep what belongs to the name from being taken for the password.
  std::string text = std::to_string(credentials.user.size()) + ":" + credentials.user;
  text += hash;
  text += credentials.password.Reveal();
  Digest digest = HmacSha512(key_.Reveal(), text);
  OPENSSL_cleanse(text.data(), text.size());
  return digest;
}

std::optional<bool> BasicAuth::Remembered(const std::string& user, const Digest& digest) const {
  const auto found = good_.find(user);
  if (found != good_.end() && SameInConstantTime(found->second, digest)) return true;
  for (const Digest& bad : bad_) {
    if (SameInConstantTime(bad, digest)) return false;
  }
  return std::nullopt;
}

void BasicAuth::Remember(const std::string& user, const Digest& digest, bool good) {
  if (good) {
    good_[user] = digest;
  } else {
    bad_[next_bad_++ % bad_.size()] = digest;
  }
}

BasicAuth::Answer BasicAuth::Check(const WebUsers& users, const Credentials& credentials,
                                   const std::string& client) {
  const auto user = users.find(credentials.user);
  const bool known = user != users.end();
  const std::string hash = known ? user->second : FakeHash(users);
  const Digest digest = DigestOf(credentials, hash);
  const auto answer = [](bool good) { return good ? Answer::kGood : Answer::kBad; };

  std::unique_lock lock(mutex_);
  if (const auto before = Remembered(credentials.user, digest)) return answer(*before);
  if (clients_.size() >= kMaxWaiting || clients_.count(client) >= kMaxWaitingOfClient)
    return Answer::kBusy;
  const auto waiting = clients_.insert(client);
  turn_.wait(lock, [this] { return !checking_; });
  // Whoever was before us may have had the same credentials.
  std::optional<bool> good = Remembered(credentials.user, digest);
  if (!good) {
    checking_ = true;
    lock.unlock();
    const bool matches = Matches(credentials.password, hash);
    lock.lock();
    checking_ = false;
    good = known && matches;
    Remember(credentials.user, digest, *good);
  }
  clients_.erase(waiting);
  turn_.notify_one();
  return answer(*good);
}

}  // namespace replicawatch
