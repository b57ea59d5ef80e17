#pragma once

#include <string>
#include <vector>

#include "common/config/yaml.h"
#include "common/web/tls_material.h"

namespace replicawatch {

/// Reads `tls_server_config`. Relative paths start from `folder`; each file that is read, or was to
/// be, is added to `files`. Errors say file:line:column.
Result<TlsSettings> ReadTlsSettings(const YamlValue& section, const std::string& folder,
                                    std::vector<std::string>& files);

}  // namespace replicawatch
