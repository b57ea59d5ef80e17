#include "common/base/error.h"

namespace replicawatch {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConnect:
      return "connect";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kAuth:
      return "auth";
    case ErrorCode::kPermission:
      return "permission";
    case ErrorCode::kProtocol:
      return "protocol";
    case ErrorCode::kParse:
      return "parse";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kLimit:
      return "limit";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace replicawatch
