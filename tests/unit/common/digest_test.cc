#include "common/base/digest.h"

#include <doctest/doctest.h>

namespace replicawatch {
namespace {

TEST_CASE("digest: the examples of the standards") {
  // FIPS 180-4 and RFC 4231, case 2.
  CHECK(Sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(Base64Url(HmacSha512("Jefe", "what do ya want for nothing?")) ==
        "Fkt6e_z4GeLjlfvnO1bgo4e9ZCIugx_WECcM1-olBVSXWL91wFqZSm0DT2X48Ob9yuqxo01Ka0tjbgcKOLznNw");
}

TEST_CASE("digest: base64url without padding") {
  // RFC 4648, section 10, and the two letters in which it differs from base64.
  CHECK(Base64Url("") == "");
  CHECK(Base64Url("f") == "Zg");
  CHECK(Base64Url("fo") == "Zm8");
  CHECK(Base64Url("foo") == "Zm9v");
  CHECK(Base64Url("foobar") == "Zm9vYmFy");
  CHECK(Base64Url("\xfb\xff") == "-_8");
}

}  // namespace
}  // namespace replicawatch
