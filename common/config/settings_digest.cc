#include "common/config/settings_digest.h"

#include <utility>

#include "common/base/digest.h"
#include "common/base/secret.h"
#include "common/config/file.h"

namespace replicawatch {
namespace {

/// What settings name is small: certificates, passwords, policies.
constexpr size_t kLargestFile = 4U << 20;

/// Its digest; empty when it is no file to read.
std::string DigestOfFile(const std::string& path) {
  Result<std::string> text = ReadFile(path, kLargestFile);
  if (!text) return {};
  const Secret content(std::move(*text));
  return Sha256Hex(content.Reveal());
}

}  // namespace

void SettingsDigest::Add(std::string_view text) {
  const std::string own(text);
  value_ = Sha256Hex(value_ + " " + Sha256Hex(own) + " " + DigestOfFile(own));
}

}  // namespace replicawatch
