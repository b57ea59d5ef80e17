#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

namespace {

std::string Hex(const unsigned char* bytes, unsigned int size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

/// As libmongoc calls it, and led to our own by the linker just like that.
std::string Hmac(const EVP_MD* digest, std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  REQUIRE(HMAC(digest, key.data(), static_cast<int>(key.size()), bytes, data.size(), out.data(),
               &size) == out.data());
  return Hex(out.data(), size);
}

}  // namespace

TEST_CASE("HMAC: the examples of RFC 4231 and RFC 2202, whatever was asked before") {
  const std::string key(20, '\x0b');
  const std::string long_key(131, '\xaa');
  for (int round = 0; round < 2; ++round) {
    CHECK(Hmac(EVP_sha256(), key, "Hi There") ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(Hmac(EVP_sha256(), "Jefe", "what do ya want for nothing?") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(Hmac(EVP_sha1(), "Jefe", "what do ya want for nothing?") ==
          "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    CHECK(Hmac(EVP_sha256(), long_key, "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    // The same key again takes the short way.
    CHECK(Hmac(EVP_sha256(), long_key, "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}
