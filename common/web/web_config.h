#pragma once

#include <openssl/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "common/config/yaml.h"

namespace replicawatch {

/// A token bucket: one request each interval, and `burst` of them at once after a pause.
struct RateLimit {
  Duration interval{};
  size_t burst = 1;
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// The names of users, and for each the bcrypt hash of the password.
using WebUsers = std::map<std::string, std::string, std::less<>>;

/// What --web.config.file says, in the format of Prometheus' exporter-toolkit.
struct WebConfig {
  std::shared_ptr<SSL_CTX> tls;  ///< null: plain HTTP
  bool http2 = false;            ///< asked for in so many words; there is none
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<RateLimit> rate_limit;
  WebUsers users;  ///< empty: everybody is let in
};

/// Reads the file and what it names, and makes the TLS context: all that could be wrong with it is
/// found here. Errors say file:line:column. `files` gets the paths of what was read, or was to be,
/// after an error as well: a change of any of them is a reason to read again.
Result<WebConfig> LoadWebConfig(const std::string& path, std::vector<std::string>& files);

/// The same of a document that was read already. `folder`, from where paths start, ends in / or is
/// empty; `files` gets those that the document names.
Result<WebConfig> ReadWebConfig(const YamlValue& document, const std::string& folder,
                                std::vector<std::string>& files);

/// What may stand in it.
ConfigSchema DescribeWebConfig();

/// $2a$, $2b$ or $2y$, two digits of cost that is payable, and 53 characters of salt and hash.
/// Whatever else crypt() would take for a hash of an older kind and compare by that. Says what is
/// wrong; empty for nothing.
std::string FaultOfBcryptHash(std::string_view hash);

}  // namespace replicawatch
