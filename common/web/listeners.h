#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace replicawatch {

/// A socket that listens. Closes it at its end. Movable.
class Listener {
 public:
  explicit Listener(int fd) : fd_(fd) {}
  Listener(Listener&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int fd() const { return fd_; }
  /// AF_INET or AF_INET6.
  int family() const;
  /// As in ":9121", "127.0.0.1:9121", "[::1]:9121", with the port that the kernel chose for port 0.
  std::string Address() const;

 private:
  int fd_;
};

/// Listens on all addresses: ":p" of both families, "host:p", "[::1]:p". A name stands for each
/// address that it resolves to. Fails with the address that can't be had, and why.
Result<std::vector<Listener>> Listen(const std::vector<std::string>& addresses);

/// The sockets that systemd passed (LISTEN_FDS, LISTEN_PID), once.
Result<std::vector<Listener>> TakeSystemdSockets();

}  // namespace replicawatch
