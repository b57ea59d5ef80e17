#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace replicawatch::redis {

/// A RESP2 answer as a value, free of the connection that it came over.
struct Reply {
  enum class Kind : uint8_t { kNil, kInteger, kText, kError, kArray };

  Kind kind = Kind::kNil;
  int64_t integer = 0;
  std::string text;             ///< of kText and kError ("NOAUTH Authentication required.")
  std::vector<Reply> elements;  ///< of kArray

  bool is_error() const { return kind == Kind::kError; }
  /// The upper-case word that an error begins with: NOAUTH, NOPERM, LOADING, MISCONF, ERR.
  std::string_view ErrorWord() const { return std::string_view(text).substr(0, text.find(' ')); }
};

}  // namespace replicawatch::redis
