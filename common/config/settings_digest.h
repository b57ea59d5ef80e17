#pragma once

#include <string>
#include <string_view>

namespace replicawatch {

/// Tells whether settings are still what they were, with the files that they name: passwords,
/// certificates, documents. It can't be turned back into any of them. Not synchronised.
class SettingsDigest {
 public:
  /// A text of the settings. One that is the path of a regular file counts with the file's content.
  void Add(std::string_view text);

  /// SHA-256 of all that was added, in their order.
  const std::string& Value() const { return value_; }

 private:
  std::string value_;
};

}  // namespace replicawatch
