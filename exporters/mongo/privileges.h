#pragma once

#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::mongo {

/// A privilege that the exporter would use, and what is missing without it.
struct Privilege {
  std::string_view action;    ///< in the server's words
  std::string_view resource;  ///< "cluster" or a namespace
  std::string_view gives;     ///< what comes from it
};

/// Those that the answer to `connectionStatus: 1, showPrivileges: 1` does not have. Pure. Errors:
/// kParse.
Result<std::vector<Privilege>> FindMissingPrivileges(std::string_view bson);

}  // namespace replicawatch::mongo
