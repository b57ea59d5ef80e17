#pragma once

#include <string>

#include "common/base/error.h"

namespace replicawatch {

/// The text of a regular file of at most `most` bytes. Errors begin with the path.
Result<std::string> ReadFile(const std::string& path, size_t most);

}  // namespace replicawatch
