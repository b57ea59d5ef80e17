#include "common/app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace replicawatch {

bool NotifyServiceManager(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') return true;
  const size_t length = std::strlen(name);
  sockaddr_un address{};
  if ((name[0] != '/' && name[0] != '@') || length >= sizeof(address.sun_path)) {
    errno = EINVAL;
    return false;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name, length);
  if (name[0] == '@') address.sun_path[0] = '\0';
  // An abstract name is as long as it is said to be; that of a file ends with its zero.
  const size_t size = offsetof(sockaddr_un, sun_path) + length + (name[0] == '/' ? 1 : 0);

  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return false;
  const ssize_t sent =
      sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
  const int reason = errno;
  close(socket);
  errno = reason;
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace replicawatch
