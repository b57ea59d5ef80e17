#include "common/web/civetweb_hooks.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <thread>

// The names are the linker's: a call of X in any archive becomes one of __wrap_X, and the function
// itself is __real_X.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
int __real_accept(int fd, sockaddr* client, socklen_t* size);
int __real_bind(int fd, const sockaddr* address, socklen_t size);
int __real_close(int fd);
int __real_poll(pollfd* fds, nfds_t count, int timeout);
ssize_t __real_recv(int fd, void* buffer, size_t size, int flags);
int __real_SSL_set_fd(SSL* connection, int fd);
SSL* __real_SSL_new(SSL_CTX* context);
int __wrap_accept(int fd, sockaddr* client, socklen_t* size);
int __wrap_bind(int fd, const sockaddr* address, socklen_t size);
int __wrap_close(int fd);
int __wrap_poll(pollfd* fds, nfds_t count, int timeout);
ssize_t __wrap_recv(int fd, void* buffer, size_t size, int flags);
int __wrap_SSL_set_fd(SSL* connection, int fd);
SSL* __wrap_SSL_new(SSL_CTX* context);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace replicawatch {
namespace {

thread_local std::deque<int> listening;
std::vector<int> listeners;  // of the server, while it listens; changed by who starts and ends it
// What the server's poll() for connections waits for first, and what wakes it besides.
std::atomic<int> first_listener = -1;
std::atomic<int> wake_fd = -1;
std::atomic<bool> ending = false;
std::atomic<int> accepting = 0;  // calls of accept() under way

constexpr int kMostTries = 100;
thread_local int current_connection = -1;

std::atomic<const CivetwebHooks::Sockets*> sockets_hook = nullptr;

std::atomic<const SSL_CTX*> tls_placeholder = nullptr;
std::atomic<const std::function<std::shared_ptr<SSL_CTX>()>*> tls_context = nullptr;

/// The poll() that is under way goes on with the sockets that it began with.
void Wake() {
  const uint64_t one = 1;
  static_cast<void>(!write(wake_fd, &one, sizeof(one)));
}

/// poll(), which Wake() ends.
int PollUntilWoken(pollfd* fds, nfds_t count, int timeout) {
  std::vector<pollfd> all(fds, fds + count);
  all.push_back({wake_fd, POLLIN, 0});
  const int ready = __real_poll(all.data(), all.size(), timeout);
  const int error = errno;
  std::copy_n(all.begin(), count, fds);
  errno = error;
  if (ready < 0 || all.back().revents == 0) return ready;
  uint64_t times = 0;
  if (!ending) static_cast<void>(!read(wake_fd, &times, sizeof(times)));
  // As if nobody had come: the sockets may be others by now, and who did come is still there.
  std::for_each(fds, fds + count, [](pollfd& one) { one.revents = 0; });
  return 0;
}

}  // namespace

void CivetwebHooks::ListenOn(std::vector<int> fds) {
  listeners.clear();
  first_listener = -1;
  ending = false;
  if (wake_fd < 0) wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listening.assign(fds.begin(), fds.end());
}

void CivetwebHooks::StopListening() {
  for (const int fd : listeners) dup3(wake_fd, fd, O_CLOEXEC);
  listeners.clear();
  Wake();
  // Who is being accepted just now counts as accepted.
  for (int tries = 0; accepting > 0 && tries < kMostTries; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void CivetwebHooks::StopWaiting() {
  ending = true;
  Wake();
}

int CivetwebHooks::CurrentConnection() { return current_connection; }

void CivetwebHooks::SetCurrentConnection(int fd) { current_connection = fd; }

void CivetwebHooks::SetSockets(const Sockets* sockets) { sockets_hook = sockets; }

void CivetwebHooks::SetTls(const SSL_CTX* placeholder,
                           const std::function<std::shared_ptr<SSL_CTX>()>* context) {
  tls_context = context;
  tls_placeholder = placeholder;
}

}  // namespace replicawatch

using replicawatch::CivetwebHooks;

int __wrap_bind(int fd, const sockaddr* address, socklen_t size) {
  auto& listening = replicawatch::listening;
  if (listening.empty()) return __real_bind(fd, address, size);
  const int ours = listening.front();
  listening.pop_front();
  if (dup3(ours, fd, O_CLOEXEC) != fd) return -1;
  if (replicawatch::listeners.empty()) replicawatch::first_listener = fd;
  replicawatch::listeners.push_back(fd);
  return 0;
}

int __wrap_poll(pollfd* fds, nfds_t count, int timeout) {
  const bool for_connections =
      count > 0 && fds[0].fd >= 0 && fds[0].fd == replicawatch::first_listener;
  return for_connections ? replicawatch::PollUntilWoken(fds, count, timeout)
                         : __real_poll(fds, count, timeout);
}

int __wrap_accept(int fd, sockaddr* client, socklen_t* size) {
  const CivetwebHooks::Sockets* hook = replicawatch::sockets_hook;
  if (hook == nullptr) return __real_accept(fd, client, size);
  ++replicawatch::accepting;
  const int connection = __real_accept(fd, client, size);
  const int error = errno;
  if (connection >= 0) hook->accepted(connection);
  --replicawatch::accepting;
  if (connection < 0 && (error == EMFILE || error == ENFILE)) hook->exhausted();
  errno = error;
  return connection;
}

ssize_t __wrap_recv(int fd, void* buffer, size_t size, int flags) {
  CivetwebHooks::SetCurrentConnection(fd);
  return __real_recv(fd, buffer, size, flags);
}

int __wrap_SSL_set_fd(SSL* connection, int fd) {
  CivetwebHooks::SetCurrentConnection(fd);
  return __real_SSL_set_fd(connection, fd);
}

int __wrap_close(int fd) {
  if (const CivetwebHooks::Sockets* hook = replicawatch::sockets_hook) hook->closing(fd);
  if (fd == replicawatch::first_listener) replicawatch::first_listener = -1;
  return __real_close(fd);
}

SSL* __wrap_SSL_new(SSL_CTX* context) {
  const SSL_CTX* placeholder = replicawatch::tls_placeholder;
  if (placeholder == nullptr || context != placeholder) return __real_SSL_new(context);
  // The connection keeps it alive.
  return __real_SSL_new((*replicawatch::tls_context)().get());
}
