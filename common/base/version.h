#pragma once

#include <string_view>

namespace replicawatch {

/// The release, from the project's CMake version.
std::string_view Version();

/// The commit it was built from, or "unknown" outside a git checkout.
std::string_view Revision();

}  // namespace replicawatch
