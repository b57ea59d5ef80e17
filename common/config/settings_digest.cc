#include "common/config/settings_digest.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "common/base/digest.h"
#include "common/base/secret.h"

namespace replicawatch {
namespace {

/// What settings name is small: certificates, passwords, policies.
constexpr off_t kLargestFile = 4 << 20;

/// Its digest; empty when it is no file to read.
std::string DigestOfFile(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kLargestFile)
    return {};
  std::ifstream file(path, std::ios::binary);
  const Secret content(
      std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
  return Sha256Hex(content.Reveal());
}

}  // namespace

void SettingsDigest::Add(std::string_view text) {
  const std::string own(text);
  value_ = Sha256Hex(value_ + " " + Sha256Hex(own) + " " + DigestOfFile(own));
}

}  // namespace replicawatch
