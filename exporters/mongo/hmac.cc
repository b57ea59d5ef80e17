// OpenSSL 3's HMAC() looks its algorithm up anew at each call, which takes ten times as long as the
// computing, and libmongoc 1.23 calls it 15,000 times a login (SCRAM-SHA-256, RFC 5802): 50 ms of
// CPU for each member. The linker leads these calls here (--wrap=HMAC, see CMakeLists.txt), where
// the key is hashed once and at each call only the two blocks that change. A kept context of the
// EVP interface takes 4 ms more a login than this. libmongoc 1.30 asks OpenSSL for the whole loop
// instead and needs none of it.

// The low-level functions are what makes the difference; OpenSSL 3 has them, with a warning.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/base/secret.h"

extern "C" {
// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
unsigned char* __real_HMAC(const EVP_MD* digest, const void* key, int key_size,
                           const unsigned char* data, size_t size, unsigned char* out,
                           unsigned int* out_size);
unsigned char* __wrap_HMAC(const EVP_MD* digest, const void* key, int key_size,
                           const unsigned char* data, size_t size, unsigned char* out,
                           unsigned int* out_size);
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
}

namespace {

using replicawatch::Secret;

/// One thread's HMAC-SHA-256 (RFC 2104). The loop of a login has the same key at each call.
class HmacSha256 {
 public:
  void Compute(std::string_view key, std::string_view data, unsigned char* out) {
    if (!has_key_ || key != key_.Reveal()) SetKey(key);
    SHA256_CTX hash = inner_;
    SHA256_Update(&hash, data.data(), data.size());
    SHA256_Final(out, &hash);
    hash = outer_;
    SHA256_Update(&hash, out, SHA256_DIGEST_LENGTH);
    SHA256_Final(out, &hash);
  }

 private:
  void SetKey(std::string_view key) {
    constexpr unsigned char kInnerPad = 0x36;
    constexpr unsigned char kOuterPad = 0x5c;
    std::array<unsigned char, SHA256_CBLOCK> block{};
    if (key.size() <= block.size()) {
      std::copy(key.begin(), key.end(), block.begin());
    } else {
      SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), block.data());
    }
    const auto begin = [&](SHA256_CTX& hash) {
      SHA256_Init(&hash);
      SHA256_Update(&hash, block.data(), block.size());
    };
    for (unsigned char& byte : block) byte ^= kInnerPad;
    begin(inner_);
    for (unsigned char& byte : block) byte ^= kInnerPad ^ kOuterPad;
    begin(outer_);
    OPENSSL_cleanse(block.data(), block.size());
    key_ = Secret(std::string(key));
    has_key_ = true;
  }

  Secret key_;
  bool has_key_ = false;
  SHA256_CTX inner_{};  // after the key's inner block
  SHA256_CTX outer_{};  // after the key's outer block
};

}  // namespace

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
unsigned char* __wrap_HMAC(const EVP_MD* digest, const void* key, int key_size,
                           const unsigned char* data, size_t size, unsigned char* out,
                           unsigned int* out_size) {
  if (digest != EVP_sha256() || key == nullptr || key_size < 0 || out == nullptr)
    return __real_HMAC(digest, key, key_size, data, size, out, out_size);
  thread_local HmacSha256 hmac;
  hmac.Compute({static_cast<const char*>(key), static_cast<size_t>(key_size)},
               {reinterpret_cast<const char*>(data), size}, out);
  if (out_size != nullptr) *out_size = SHA256_DIGEST_LENGTH;
  return out;
}
