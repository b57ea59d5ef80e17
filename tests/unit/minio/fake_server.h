#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace replicawatch::minio {

/// A TCP server on loopback that answers each request with the bytes a test hands it: what real
/// nodes never send. One thread, any number of kept connections.
class FakeServer {
 public:
  /// The raw answer to a request, its head and body. Empty: none, the client waits; "close": the
  /// connection is cut.
  using Answer = std::function<std::string(const std::string& request)>;

  explicit FakeServer(Answer answer, uint16_t port = 0) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, raw, size) != 0 || listen(listener_, 64) != 0) {
      throw std::runtime_error("can't listen on loopback");
    }
    getsockname(listener_, raw, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~FakeServer() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  uint16_t port() const { return port_; }
  std::string name() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + name(); }
  int connections() const { return connections_; }

  /// A complete answer.
  static std::string Http(int status, const std::string& headers, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  struct Client {
    int fd;
    std::string received;
  };

  void Run() {
    std::vector<Client> clients;
    while (!stop_) {
      std::vector<pollfd> polled = {{listener_, POLLIN, 0}};
      for (const Client& client : clients) polled.push_back({client.fd, POLLIN, 0});
      if (poll(polled.data(), polled.size(), 20) <= 0) continue;
      std::vector<Client> kept;
      for (size_t i = 0; i < clients.size(); ++i) {
        if (polled[i + 1].revents == 0 || Serve(clients[i])) {
          kept.push_back(std::move(clients[i]));
        } else {
          close(clients[i].fd);
        }
      }
      clients = std::move(kept);
      if (polled[0].revents != 0) {
        clients.push_back({accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), {}});
        ++connections_;
      }
    }
    for (const Client& client : clients) close(client.fd);
  }

  /// The head has ended, and after it came as much as it says.
  static bool IsComplete(const std::string& request) {
    const size_t head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const size_t length = request.find(kLength);
    if (length >= head) return true;
    return request.size() - head - 4 >= std::stoul(request.substr(length + kLength.size()));
  }

  bool Serve(Client& client) {
    char buffer[4096];
    const ssize_t bytes = recv(client.fd, buffer, sizeof buffer, 0);
    if (bytes <= 0) return false;
    client.received.append(buffer, static_cast<size_t>(bytes));
    if (!IsComplete(client.received)) return true;
    const std::string answer = answer_(client.received);
    client.received.clear();
    if (answer == "close") return false;
    return send(client.fd, answer.data(), answer.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(answer.size());
  }

  Answer answer_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace replicawatch::minio
