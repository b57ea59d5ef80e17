#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace replicawatch {

/// What went wrong, as a bounded set: it is published as the label `code` of
/// replicawatch_member_error, so a new cause becomes a new message, not a new code.
enum class ErrorCode : uint8_t {
  kConnect,     ///< no connection: refused, unreachable, name does not resolve
  kTimeout,     ///< the deadline passed before the answer came
  kAuth,        ///< the server refused the credentials, or wants some and has none
  kPermission,  ///< logged in, but this command is not allowed
  kProtocol,  ///< what answered does not speak the expected protocol, or the connection broke in an
              ///< answer
  kParse,     ///< the protocol was right, the content was not
  kUnsupported,  ///< the server does not know the command
  kLimit,        ///< an answer was larger than the exporter accepts
  kInternal,     ///< a fault of the exporter itself
};

/// The label value, in lower case: "connect", "timeout", ...
std::string_view ErrorCodeName(ErrorCode code);

/// An error as a value. `message` is for the log: it names what was tried and what came back, never
/// a secret.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

/// A value or an Error. Exceptions do not cross modules.
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace replicawatch
