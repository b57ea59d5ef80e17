#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/web/http.h"

namespace replicawatch {

struct ServerOptions {
  std::vector<std::string> listen_addresses;  ///< ":9121", "127.0.0.1:9121", "[::1]:9121"
  size_t threads = 48;                        ///< one per request in progress
};

/// An HTTP/1.1 server. The handler runs on the server's threads, many at a time; what it throws
/// becomes a 500. Requests with a body are refused. HEAD answers without the body.
class Server {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  virtual ~Server() = default;

  /// The addresses that are listened on, with the port that was taken for port 0.
  virtual std::vector<std::string> Addresses() const = 0;

  /// Stops accepting, waits for answers under way.
  virtual void Stop() = 0;
};

/// Listens, or says which address can't be had and why.
Result<std::unique_ptr<Server>> StartServer(const ServerOptions& options, Server::Handler handler);

}  // namespace replicawatch
