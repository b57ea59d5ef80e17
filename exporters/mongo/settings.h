#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "exporters/mongo/srv.h"

namespace replicawatch::mongo {

/// How every member of one deployment is reached: the connection string taken apart, so that each
/// member gets the same login and options with its own address.
struct Settings {
  std::vector<std::string> seeds;  ///< host:port, at least one
  /// Of mongodb+srv://: the seeds are still to be found, see ApplySrv(); empty otherwise.
  std::string srv_host;
  std::string user;  ///< empty: no login, unless `mechanism` needs no user (X.509)
  Secret password;
  std::string auth_source;
  bool has_auth_source = false;  ///< with srv_host: given, so that the TXT record does not count
  std::string mechanism;
  std::string tls_options;  ///< the connection string's options about TLS, joined by &

  bool has_login() const { return !user.empty() || mechanism == "MONGODB-X509"; }
};

/// Takes apart `mongodb://[user[:password]@]host[:port][,...][/database][?options]`,
/// `mongodb+srv://host...`, or the bare host list. Errors (kParse) never repeat a connection string
/// that has a login in it.
Result<Settings> ParseSettings(std::string_view uri);

/// Puts in what the name service said of `srv_host`.
void ApplySrv(const SrvAnswer& answer, Settings& settings);

}  // namespace replicawatch::mongo
