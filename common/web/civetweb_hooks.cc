#include "common/web/civetweb_hooks.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <deque>

// The names are the linker's: a call of X in any archive becomes one of __wrap_X, and the function
// itself is __real_X.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
int __real_accept(int fd, sockaddr* client, socklen_t* size);
int __real_bind(int fd, const sockaddr* address, socklen_t size);
int __real_close(int fd);
ssize_t __real_recv(int fd, void* buffer, size_t size, int flags);
int __real_SSL_set_fd(SSL* connection, int fd);
SSL* __real_SSL_new(SSL_CTX* context);
int __wrap_accept(int fd, sockaddr* client, socklen_t* size);
int __wrap_bind(int fd, const sockaddr* address, socklen_t size);
int __wrap_close(int fd);
ssize_t __wrap_recv(int fd, void* buffer, size_t size, int flags);
int __wrap_SSL_set_fd(SSL* connection, int fd);
SSL* __wrap_SSL_new(SSL_CTX* context);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace replicawatch {
namespace {

thread_local std::deque<int> listening;
thread_local int current_connection = -1;

std::atomic<const CivetwebHooks::Sockets*> sockets_hook = nullptr;

std::atomic<const SSL_CTX*> tls_placeholder = nullptr;
std::atomic<const std::function<std::shared_ptr<SSL_CTX>()>*> tls_context = nullptr;

}  // namespace

void CivetwebHooks::ListenOn(std::vector<int> fds) { listening.assign(fds.begin(), fds.end()); }

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
  return dup3(ours, fd, O_CLOEXEC) == fd ? 0 : -1;
}

int __wrap_accept(int fd, sockaddr* client, socklen_t* size) {
  const int connection = __real_accept(fd, client, size);
  const CivetwebHooks::Sockets* hook = replicawatch::sockets_hook;
  if (hook == nullptr) return connection;
  if (connection >= 0) {
    hook->accepted(connection);
  } else if (errno == EMFILE || errno == ENFILE) {
    const int error = errno;
    hook->exhausted();
    errno = error;
  }
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
  return __real_close(fd);
}

SSL* __wrap_SSL_new(SSL_CTX* context) {
  const SSL_CTX* placeholder = replicawatch::tls_placeholder;
  if (placeholder == nullptr || context != placeholder) return __real_SSL_new(context);
  // The connection keeps it alive.
  return __real_SSL_new((*replicawatch::tls_context)().get());
}
