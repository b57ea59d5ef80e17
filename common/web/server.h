#pragma once

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "common/web/http.h"

namespace replicawatch {

struct ServerOptions {
  std::vector<std::string> listen_addresses;  ///< ":9121", "127.0.0.1:9121", "[::1]:9121"
  bool systemd_sockets = false;  ///< listen on what systemd has passed, and on no address
  size_t threads = 48;           ///< one per connection
  /// Asked for each new connection; null: plain HTTP.
  std::function<std::shared_ptr<SSL_CTX>()> tls_context;
};

/// An HTTP/1.1 server. The handler runs on the server's threads, many at a time; what it throws
/// becomes a 500. Requests with a body are refused. HEAD answers without the body. When nearly all
/// threads have a connection, the one that waits for its client for the longest time is closed.
class Server {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  virtual ~Server() = default;

  /// The addresses that are listened on, with the port that was taken for port 0.
  virtual std::vector<std::string> Addresses() const = 0;

  /// Accepts nobody any more: who comes now waits in a socket that somebody else holds as well, or
  /// is refused. Waits until all who had come have an answer, at most so long; connections end with
  /// it. May be called again.
  virtual void Drain(Duration most) = 0;

  /// Accepts nobody and closes all connections. Handlers that still work are waited for, but their
  /// answers are lost: Drain() first.
  virtual void Stop() = 0;
};

/// Listens, or says which address can't be had and why. One server a process.
Result<std::unique_ptr<Server>> StartServer(const ServerOptions& options, Server::Handler handler);

}  // namespace replicawatch
