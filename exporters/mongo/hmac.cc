// OpenSSL 3's HMAC() looks its algorithm up anew at each call, which takes ten times as long as the
// computing, and libmongoc 1.23 calls it 15,000 times a login (SCRAM-SHA-256, RFC 5802): 50 ms of
// CPU for each member. The linker leads these calls here (--wrap=HMAC, see CMakeLists.txt), where
// the algorithm is kept. libmongoc 1.30 asks OpenSSL for the whole loop instead and needs none of
// this.

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <memory>
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

struct ContextDeleter {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_MAC_CTX, ContextDeleter>;

ContextPtr NewContext(const EVP_MD* digest) {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  if (hmac == nullptr) return nullptr;
  ContextPtr context(EVP_MAC_CTX_new(hmac));
  // OpenSSL takes the name as a mutable text and does not change it.
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                       const_cast<char*>(EVP_MD_get0_name(digest)), 0),
      OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_CTX_set_params(context.get(), parameters) != 1) return nullptr;
  return context;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// One thread's HMAC. The loop of a login has the same digest and key at each call.
class Hmac {
 public:
  bool Compute(const EVP_MD* digest, std::string_view key, std::string_view data,
               unsigned char* out, size_t* out_size) {
    return Begin(digest, key) && EVP_MAC_update(context_.get(), Bytes(data), data.size()) == 1 &&
           EVP_MAC_final(context_.get(), out, out_size, EVP_MAX_MD_SIZE) == 1;
  }

 private:
  bool Begin(const EVP_MD* digest, std::string_view key) {
    if (context_ && digest == digest_ && key == key_.Reveal()) {
      return EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1;
    }
    if (!context_ || digest != digest_) context_ = NewContext(digest);
    digest_ = digest;
    key_ = Secret(std::string(key));
    if (context_ && EVP_MAC_init(context_.get(), Bytes(key), key.size(), nullptr) == 1) return true;
    context_.reset();  // without its key it must not be used again
    return false;
  }

  const EVP_MD* digest_ = nullptr;
  Secret key_;
  ContextPtr context_;
};

}  // namespace

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
unsigned char* __wrap_HMAC(const EVP_MD* digest, const void* key, int key_size,
                           const unsigned char* data, size_t size, unsigned char* out,
                           unsigned int* out_size) {
  thread_local Hmac hmac;
  size_t written = 0;
  const std::string_view key_text(static_cast<const char*>(key), static_cast<size_t>(key_size));
  const std::string_view data_text(reinterpret_cast<const char*>(data), size);
  if (key == nullptr || out == nullptr ||
      !hmac.Compute(digest, key_text, data_text, out, &written)) {
    return __real_HMAC(digest, key, key_size, data, size, out, out_size);
  }
  if (out_size != nullptr) *out_size = static_cast<unsigned int>(written);
  return out;
}
