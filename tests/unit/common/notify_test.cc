#include "common/app/notify.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace replicawatch {
namespace {

/// What a service manager does: a datagram socket under a name.
class ManagerSocket {
 public:
  explicit ManagerSocket(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                             (name[0] == '/' ? 1 : 0));
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~ManagerSocket() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
  }
  ManagerSocket(const ManagerSocket&) = delete;
  ManagerSocket& operator=(const ManagerSocket&) = delete;

  std::string Received() const {
    char text[64];
    const ssize_t size = recv(socket_, text, sizeof(text), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text, static_cast<size_t>(size));
  }

 private:
  const int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string UniqueName() { return "replicawatch-notify-test-" + std::to_string(getpid()); }

TEST_CASE("the service manager is told at its socket, a file or an abstract name") {
  const std::string path = (std::filesystem::temp_directory_path() / UniqueName()).string();
  for (const std::string& name : {path, "@" + UniqueName()}) {
    CAPTURE(name);
    const ManagerSocket manager(name);
    CHECK(NotifyServiceManager("READY=1"));
    CHECK(manager.Received() == "READY=1");
    CHECK(NotifyServiceManager("STOPPING=1"));
    CHECK(manager.Received() == "STOPPING=1");
    CHECK(manager.Received() == "nothing");
  }
  std::filesystem::remove(path);
}

TEST_CASE("without a service manager nothing is told, and a wrong name is no more than false") {
  unsetenv("NOTIFY_SOCKET");
  CHECK(NotifyServiceManager("READY=1"));
  const std::string absent = "/nonexistent/" + UniqueName();
  setenv("NOTIFY_SOCKET", absent.c_str(), 1);
  CHECK_FALSE(NotifyServiceManager("READY=1"));
  CHECK(errno == ENOENT);
  for (const std::string& name : {std::string("relative"), "/" + std::string(200, 'x')}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    CHECK_FALSE(NotifyServiceManager("READY=1"));
    CHECK(errno == EINVAL);
  }
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace replicawatch
