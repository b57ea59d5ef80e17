#include <civetweb.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/metrics/negotiate.h"
#include "common/web/civetweb_hooks.h"
#include "common/web/connections.h"
#include "common/web/listeners.h"
#include "common/web/server.h"

namespace replicawatch {
namespace {

/// Below this a compressed answer is no gain: it travels in one packet anyway.
constexpr size_t kCompressFrom = 1400;

constexpr size_t kSendTogether = 64 << 10;

std::string_view StatusText(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

/// Of a body that is refused anyway, this much is read.
constexpr size_t kMaxDrain = 64 << 10;

/// Threads that are free, or soon will be, for who comes next.
constexpr size_t kFreeThreads = 4;

bool HasBody(const HttpRequest& request) {
  const std::string_view length = request.header("Content-Length");
  return !request.header("Transfer-Encoding").empty() || (!length.empty() && length != "0");
}

HttpRequest ToRequest(const mg_request_info& info, mg_connection* connection) {
  HttpRequest request;
  request.method = info.request_method;
  request.client = info.remote_addr;
  // As it was sent: the server's own form has // and /../ folded, and paths here are exact.
  request.path = info.request_uri == nullptr ? "" : info.request_uri;
  request.header = [connection](std::string_view name) -> std::string_view {
    const char* value = mg_get_header(connection, std::string(name).c_str());
    return value == nullptr ? std::string_view() : value;
  };
  return request;
}

bool Has(const HttpResponse& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [&](const auto& header) { return EqualsIgnoreCase(header.first, name); });
}

std::string Head(const HttpResponse& response, bool compressed, bool last) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " +
                    std::string(StatusText(response.status)) +
                    "\r\nContent-Type: " + response.content_type +
                    "\r\nContent-Length: " + std::to_string(response.body.size()) +
                    "\r\nVary: Accept, Accept-Encoding" + "\r\nCache-Control: no-store\r\n";
  if (!Has(response, "X-Content-Type-Options")) out += "X-Content-Type-Options: nosniff\r\n";
  if (compressed) out += "Content-Encoding: gzip\r\n";
  if (last) out += "Connection: close\r\n";
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  return out + "\r\n";
}

/// `last`: the connection ends with it.
void Send(mg_connection* connection, const HttpRequest& request, HttpResponse& response,
          bool last) {
  bool compressed = false;
  if (response.body.size() >= kCompressFrom && AcceptsGzip(request.header("Accept-Encoding"))) {
    if (auto gzip = Gzip(response.body)) {
      response.body = std::move(*gzip);
      compressed = true;
    }
  }
  std::string out = Head(response, compressed, last);
  const bool has_body = request.method != "HEAD";
  // A small page goes out in one piece; a large one is not copied for that.
  const bool together = has_body && response.body.size() <= kSendTogether;
  if (together) out += response.body;
  mg_write(connection, out.data(), out.size());
  if (has_body && !together) mg_write(connection, response.body.data(), response.body.size());
}

/// Of a connection that ends. What there is of a small body is read away, or the client might not
/// see the answer for the reset that follows unread bytes.
void DropBody(mg_connection* connection) {
  std::array<char, 4096> part{};
  size_t dropped = 0;
  while (dropped < kMaxDrain) {
    const int size = mg_read(connection, part.data(), part.size());
    if (size <= 0) return;
    dropped += static_cast<size_t>(size);
  }
}

/// For the access log, which nobody reads: nothing is sent.
constexpr int kClientHasGone = 499;

/// Nobody is there any more to take an answer, so none need be worked out. Who has only said that
/// nothing more will come may well wait for one.
bool HasGone(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != EINTR;
}

class CivetwebServer : public Server {
 public:
  CivetwebServer(const ServerOptions& options, Handler handler)
      : handler_(std::move(handler)),
        tls_context_(options.tls_context),
        connections_(options.threads, std::min(kFreeThreads, options.threads / 2)) {}
  ~CivetwebServer() override { CivetwebServer::Stop(); }

  Result<void> Start(const ServerOptions& options) {
    auto listeners =
        options.systemd_sockets ? TakeSystemdSockets() : Listen(options.listen_addresses);
    if (!listeners) return tl::unexpected(listeners.error());
    const std::string ports = Adopt(*listeners);
    const std::string threads = std::to_string(options.threads);
    // Keep-alive is above the usual scrape interval of 15 s, so that a scraper keeps its
    // connection. The other time is how long a handshake or a request's head may take, and how
    // long a client may take nothing of its answer.
    const std::array<const char*, 15> settings = {"listening_ports",
                                                  ports.c_str(),
                                                  "num_threads",
                                                  threads.c_str(),
                                                  "enable_keep_alive",
                                                  "yes",
                                                  "keep_alive_timeout_ms",
                                                  "20000",
                                                  "request_timeout_ms",
                                                  "10000",
                                                  "decode_url",
                                                  "yes",
                                                  "connection_queue",
                                                  "200",
                                                  nullptr};
    mg_callbacks callbacks{};
    callbacks.begin_request = &CivetwebServer::OnRequest;
    callbacks.end_request = &CivetwebServer::OnEnd;
    callbacks.external_ssl_ctx = &CivetwebServer::OnTls;
    callbacks.log_message = &CivetwebServer::OnLog;
    sockets_.accepted = [this](int fd) { connections_.Opened(fd); };
    sockets_.closing = [this](int fd) { connections_.Closing(fd); };
    sockets_.exhausted = [this] {
      connections_.Evict();
      // The client that could not be accepted still waits, and poll() would say so at once.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    CivetwebHooks::SetSockets(&sockets_);
    context_ = mg_start(&callbacks, this, const_cast<const char**>(settings.data()));
    if (context_ == nullptr) {
      CivetwebHooks::SetSockets(nullptr);
      return Fail(ErrorCode::kInternal, "the web server does not start: " + start_error_);
    }
    return {};
  }

  std::vector<std::string> Addresses() const override { return addresses_; }

  void Drain(Duration most) override {
    draining_ = true;
    CivetwebHooks::StopListening();
    connections_.WaitUntilAnswered(Deadline::After(most));
  }

  void Stop() override {
    if (context_ == nullptr) return;
    CivetwebHooks::StopListening();
    // Who waits for nothing but the next request need not be waited for.
    connections_.EvictAll();
    CivetwebHooks::StopWaiting();
    mg_stop(context_);
    context_ = nullptr;
    CivetwebHooks::SetSockets(nullptr);
    CivetwebHooks::SetTls(nullptr, nullptr);
  }

 private:
  using State = Connections::State;

  /// Has civetweb take these sockets for its own, and gives the addresses that it is to ask for:
  /// of the right kind, but it will never bind them.
  std::string Adopt(const std::vector<Listener>& listeners) {
    std::vector<int> fds;
    std::string ports;
    for (const Listener& listener : listeners) {
      fds.push_back(listener.fd());
      addresses_.push_back(listener.Address());
      ports += ports.empty() ? "" : ",";
      ports += listener.family() == AF_INET6 ? "[::1]:1" : "127.0.0.1:1";
      if (tls_context_) ports += 's';
    }
    CivetwebHooks::ListenOn(fds);
    return ports;
  }

  static CivetwebServer& Self(const mg_connection* connection) {
    return *static_cast<CivetwebServer*>(mg_get_user_data(mg_get_context(connection)));
  }

  /// Called at the start, and once more at the end, to hear whose the context is.
  static int OnTls(void** context, void* self) {
    auto& server = *static_cast<CivetwebServer*>(self);
    if (!server.tls_context_) return -1;
    if (!server.first_context_) server.first_context_ = server.tls_context_();
    *context = server.first_context_.get();
    CivetwebHooks::SetTls(server.first_context_.get(), &server.tls_context_);
    return 1;
  }

  static int OnRequest(mg_connection* connection) {
    const mg_request_info* info = mg_get_request_info(connection);
    auto& self = Self(connection);
    const int fd = CivetwebHooks::CurrentConnection();
    if (HasGone(fd)) {
      mg_disable_connection_keep_alive(connection);
      return kClientHasGone;
    }
    self.connections_.Enter(State::kWorking, fd);
    HttpRequest request = ToRequest(*info, connection);
    HttpResponse response = self.Respond(*info, request);
    CivetwebHooks::SetCurrentConnection(fd);
    self.connections_.Enter(State::kSending, fd);
    const bool last = HasBody(request) || self.draining_;
    Send(connection, request, response, last);
    if (last) mg_disable_connection_keep_alive(connection);
    if (HasBody(request)) DropBody(connection);
    return response.status;
  }

  static void OnEnd(const mg_connection* connection, int) {
    Self(connection).connections_.Enter(State::kReading, CivetwebHooks::CurrentConnection());
  }

  HttpResponse Respond(const mg_request_info& info, HttpRequest& request) const {
    if (HasBody(request)) return TextResponse(413, "413 no request here takes a body");
    auto query = ParseQuery(info.query_string == nullptr ? "" : info.query_string);
    if (!query) return TextResponse(400, "400 the query string has a broken % escape");
    request.query = std::move(*query);
    try {
      return handler_(request);
    } catch (const std::exception& error) {
      LogFolded(LogLevel::kError, "request failed by a fault of the exporter",
                {{"path", request.path}, {"error", error.what()}});
      return TextResponse(500, "500 internal error, see the log");
    }
  }

  static int OnLog(const mg_connection* connection, const char* message) {
    const mg_context* context = mg_get_context(connection);
    auto* self = static_cast<CivetwebServer*>(mg_get_user_data(context));
    // A worker may have its first complaint before the start has returned.
    if (self != nullptr && self->starter_ == std::this_thread::get_id())
      self->start_error_ = message;
    LogFolded(LogLevel::kDebug, "http server", {{"detail", message}});
    return 1;
  }

  Handler handler_;
  const std::function<std::shared_ptr<SSL_CTX>()> tls_context_;
  std::shared_ptr<SSL_CTX> first_context_;
  CivetwebHooks::Sockets sockets_;
  Connections connections_;
  std::atomic<bool> draining_ = false;
  std::vector<std::string> addresses_;
  mg_context* context_ = nullptr;
  const std::thread::id starter_ = std::this_thread::get_id();
  std::string start_error_;  ///< of starter_ only
};

}  // namespace

Result<std::unique_ptr<Server>> StartServer(const ServerOptions& options, Server::Handler handler) {
  static std::once_flag once;
  std::call_once(once, [] { mg_init_library(0); });
  auto server = std::make_unique<CivetwebServer>(options, std::move(handler));
  if (Result<void> started = server->Start(options); !started)
    return tl::unexpected(started.error());
  return server;
}

}  // namespace replicawatch
