#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "exporters/redis/node.h"

namespace replicawatch::redis {
namespace {

using namespace std::chrono_literals;

/// Refuses every login and remembers who it was: a real server can't be made to tell that.
class RefusingServer {
 public:
  RefusingServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_, raw, size) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    REQUIRE(getsockname(listener_, raw, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~RefusingServer() {
    if (client_ >= 0) close(client_);
    close(listener_);
  }
  RefusingServer(const RefusingServer&) = delete;
  RefusingServer& operator=(const RefusingServer&) = delete;

  int port() const { return port_; }
  /// The users of the logins so far.
  const std::vector<std::string>& users() const { return users_; }

  void Serve() {
    if (const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        client >= 0) {
      if (client_ >= 0) close(client_);
      client_ = client;
    }
    char buffer[4096];
    const ssize_t bytes = client_ < 0 ? 0 : recv(client_, buffer, sizeof buffer, 0);
    if (bytes <= 0) return;
    const std::string text(buffer, static_cast<size_t>(bytes));
    users_.push_back(text.find("of-data-nodes") != std::string::npos ? "data" : "sentinel");
    const std::string refusal = "-WRONGPASS invalid username-password pair\r\n";
    (void)send(client_, refusal.data(), refusal.size(), MSG_NOSIGNAL);
  }

 private:
  const int listener_;
  int client_ = -1;
  int port_ = 0;
  std::vector<std::string> users_;
};

TEST_CASE("login: while neither fits they take turns, however often the node is asked") {
  RefusingServer server;
  NodeSettings settings;
  settings.data_login = {"of-data-nodes", Secret("wrong")};
  settings.sentinel_login = {"of-sentinels", Secret("wrong")};
  Resolver resolver;
  const std::string name = "127.0.0.1:" + std::to_string(server.port());
  Node node(name, {"127.0.0.1", server.port()}, false, settings, resolver);

  const auto step = [&] {
    server.Serve();
    pollfd polled = node.session().Interest();
    poll(&polled, 1, 5);
    node.session().Advance(polled.revents, Clock::now());
  };
  const auto wait_for = [&](size_t logins, bool ask_on) {
    const TimePoint give_up = Clock::now() + 15s;
    while (server.users().size() < logins && Clock::now() < give_up) {
      if (ask_on) node.Probe(Clock::now());
      step();
    }
    REQUIRE(server.users().size() == logins);
    while (node.probing()) step();
  };

  wait_for(2, true);
  CHECK(server.users() == std::vector<std::string>{"data", "sentinel"});
  // The session pauses: this one is answered at once, by the refusal there was.
  node.Probe(Clock::now());
  CHECK_FALSE(node.probing());
  const TimePoint over = Clock::now() + 10s;
  while (Clock::now() < over) step();
  wait_for(3, true);
  CHECK(server.users().back() == "data");
}

}  // namespace
}  // namespace replicawatch::redis
