#pragma once

#include <string>
#include <string_view>

namespace replicawatch {

/// SHA-256 of the text, in lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view text);

/// HMAC with SHA-512: 64 raw bytes.
std::string HmacSha512(std::string_view key, std::string_view text);

/// base64url without padding, as tokens have it (RFC 4648, section 5).
std::string Base64Url(std::string_view bytes);

}  // namespace replicawatch
