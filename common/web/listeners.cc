#include "common/web/listeners.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "common/base/text.h"

namespace replicawatch {
namespace {

constexpr int kBacklog = 200;
constexpr int kFirstSystemdFd = 3;

struct HostAndPort {
  std::string host;  // empty: all
  std::string port;
};

std::optional<HostAndPort> Split(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  const auto number = ParseInt(port);
  if (!number || *number < 0 || *number > 65535) return std::nullopt;
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return std::nullopt;
  return HostAndPort{std::string(host), std::string(port)};
}

tl::unexpected<Error> Refuse(const std::string& address, const std::string& why) {
  return Fail(ErrorCode::kConnect, "can't listen on " + address + ": " + why);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// A socket on one address, or the errno.
tl::expected<Listener, int> ListenOn(const addrinfo& address, bool both_families) {
  Listener listener(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.fd() < 0) return tl::unexpected(errno);
  const int on = 1;
  setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    const int only = both_families ? 0 : 1;
    setsockopt(listener.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
  }
  if (bind(listener.fd(), address.ai_addr, address.ai_addrlen) != 0 ||
      listen(listener.fd(), kBacklog) != 0)
    return tl::unexpected(errno);
  return listener;
}

Result<void> ListenOnAll(const std::string& address, std::vector<Listener>& listeners) {
  const auto parts = Split(address);
  if (!parts) return Refuse(address, "write it as :PORT, HOST:PORT or [IPV6]:PORT");
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  // One socket of IPv6 takes both families, unless the kernel has none.
  const bool all = parts->host.empty();
  std::string why = "no address";
  for (const int family : all ? std::vector{AF_INET6, AF_INET} : std::vector{AF_UNSPEC}) {
    hints.ai_family = family;
    addrinfo* found = nullptr;
    const int code =
        getaddrinfo(all ? nullptr : parts->host.c_str(), parts->port.c_str(), &hints, &found);
    const AddressList list(found, freeaddrinfo);
    if (code != 0) {
      why = gai_strerror(code);
      continue;
    }
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      auto listener = ListenOn(*one, all);
      if (listener) {
        listeners.push_back(std::move(*listener));
      } else if (all && listener.error() == EAFNOSUPPORT) {
        why = std::strerror(listener.error());
        break;
      } else {
        return Refuse(address, std::strerror(listener.error()));
      }
    }
    if (all && !listeners.empty() && listeners.back().family() == family) return {};
    if (!all) return {};
  }
  return Refuse(address, why);
}

std::optional<int64_t> Environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : ParseInt(text);
}

}  // namespace

Listener::~Listener() {
  if (fd_ >= 0) close(fd_);
}

int Listener::family() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return AF_UNSPEC;
  return address.ss_family;
}

std::string Listener::Address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "unknown";
  const std::string_view name = host.data();
  if (name == "::" || name == "0.0.0.0") return ":" + std::string(port.data());
  const bool brackets = name.find(':') != std::string_view::npos;
  return (brackets ? "[" : "") + std::string(name) + (brackets ? "]:" : ":") + port.data();
}

Result<std::vector<Listener>> Listen(const std::vector<std::string>& addresses) {
  std::vector<Listener> listeners;
  for (const std::string& address : addresses) {
    if (Result<void> done = ListenOnAll(address, listeners); !done)
      return tl::unexpected(done.error());
  }
  return listeners;
}

Result<std::vector<Listener>> TakeSystemdSockets() {
  const auto count = Environment("LISTEN_FDS");
  if (Environment("LISTEN_PID") != getpid() || !count || *count < 1)
    return Fail(ErrorCode::kConnect,
                "--web.systemd-socket: systemd has passed no socket (LISTEN_FDS, LISTEN_PID)");
  std::vector<Listener> listeners;
  for (int fd = kFirstSystemdFd; fd < kFirstSystemdFd + *count; ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    listeners.emplace_back(fd);
    int listens = 0;
    socklen_t size = sizeof(listens);
    const int family = listeners.back().family();
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
        (family != AF_INET && family != AF_INET6))
      return Fail(ErrorCode::kConnect, "--web.systemd-socket: the socket with number " +
                                           std::to_string(fd) +
                                           " does not listen on TCP (ListenStream=PORT)");
  }
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) unsetenv(name);
  return listeners;
}

}  // namespace replicawatch
