#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch {

/// A password or key. It can't be formatted, logged or compared by accident: the only way to the
/// text is Reveal(), and the memory is wiped on destruction. Copyable; not synchronised.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return text_.empty(); }
  std::string_view Reveal() const { return text_; }

 private:
  std::string text_;
};

/// Reads a secret from a file, without the line end that editors leave. Errors name the file, never
/// its content.
Result<Secret> ReadSecretFile(const std::string& path);

/// Where a secret comes from: a file, which each Read() reads anew, or a text that is there
/// already.
struct SecretSource {
  std::string file;
  Secret text;  ///< counts when there is no file; empty: there is no secret

  Result<Secret> Read() const { return file.empty() ? text : ReadSecretFile(file); }
};

}  // namespace replicawatch
