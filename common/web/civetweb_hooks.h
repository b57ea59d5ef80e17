#pragma once

#include <openssl/types.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <vector>

namespace replicawatch {

/// civetweb opens its sockets, accepts, reads and closes connections and begins TLS by itself, and
/// tells nobody which descriptor that is about. Here are the calls by which it does so: the linker
/// (--wrap, see ThirdParty.cmake) puts ours in their place. Calls that have nothing to do with the
/// server go through unchanged.
struct CivetwebHooks {
  /// While a server starts on this thread, its sockets become copies of these, which listen
  /// already, in this order.
  static void ListenOn(std::vector<int> fds);
  /// From now on those sockets of the server get no connection: in their place is something that
  /// nobody connects to. Whoever was accepted has been told to `accepted`.
  static void StopListening();
  /// The server is about to end: it does not wait for connections any more, which it would look up
  /// from only every 2 s.
  static void StopWaiting();

  struct Sockets {
    std::function<void(int fd)> accepted;
    /// Before a descriptor is closed; also for those that were never accepted.
    std::function<void(int fd)> closing;
    /// Nothing could be accepted, since the process has no descriptor left.
    std::function<void()> exhausted;
  };
  /// The connection that this thread serves: the one that it last received from, or began TLS on.
  /// A handler that receives from elsewhere is to be followed by putting it back.
  static int CurrentConnection();
  static void SetCurrentConnection(int fd);

  /// Set before the server starts, and taken away (null) after it has ended.
  static void SetSockets(const Sockets* sockets);

  /// A connection on `placeholder` gets the context that `context` gives at that time.
  static void SetTls(const SSL_CTX* placeholder,
                     const std::function<std::shared_ptr<SSL_CTX>()>* context);
};

}  // namespace replicawatch
