#include <civetweb.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/metrics/negotiate.h"
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
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

/// The address in civetweb's words: ":9121" means both address families there only as "+9121".
std::string CivetwebAddress(const std::string& address) {
  return address.starts_with(':') ? "+" + address.substr(1) : address;
}

bool HasBody(const HttpRequest& request) {
  const std::string_view length = request.header("Content-Length");
  return !request.header("Transfer-Encoding").empty() || (!length.empty() && length != "0");
}

HttpRequest ToRequest(const mg_request_info& info, mg_connection* connection) {
  HttpRequest request;
  request.method = info.request_method;
  // As it was sent: the server's own form has // and /../ folded, and paths here are exact.
  request.path = info.request_uri == nullptr ? "" : info.request_uri;
  request.header = [connection](std::string_view name) -> std::string_view {
    const char* value = mg_get_header(connection, std::string(name).c_str());
    return value == nullptr ? std::string_view() : value;
  };
  return request;
}

void Send(mg_connection* connection, const HttpRequest& request, HttpResponse& response) {
  bool compressed = false;
  if (response.body.size() >= kCompressFrom && AcceptsGzip(request.header("Accept-Encoding"))) {
    if (auto gzip = Gzip(response.body)) {
      response.body = std::move(*gzip);
      compressed = true;
    }
  }
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " +
                    std::string(StatusText(response.status)) +
                    "\r\nContent-Type: " + response.content_type +
                    "\r\nContent-Length: " + std::to_string(response.body.size()) +
                    "\r\nVary: Accept, Accept-Encoding" +
                    "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (compressed) out += "Content-Encoding: gzip\r\n";
  if (HasBody(request)) out += "Connection: close\r\n";
  for (const auto& [name, value] : response.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += "\r\n";
  const bool has_body = request.method != "HEAD";
  // A small page goes out in one piece; a large one is not copied for that.
  const bool together = has_body && response.body.size() <= kSendTogether;
  if (together) out += response.body;
  mg_write(connection, out.data(), out.size());
  if (has_body && !together) mg_write(connection, response.body.data(), response.body.size());
}

class CivetwebServer : public Server {
 public:
  explicit CivetwebServer(Handler handler) : handler_(std::move(handler)) {}
  ~CivetwebServer() override { CivetwebServer::Stop(); }

  Result<void> Start(const ServerOptions& options) {
    std::string ports;
    for (const std::string& address : options.listen_addresses) {
      if (!ports.empty()) ports += ',';
      ports += CivetwebAddress(address);
    }
    const std::string threads = std::to_string(options.threads);
    // Above the usual scrape interval of 15 s, so that a scraper keeps its connection; an idle
    // connection holds a thread.
    std::array<const char*, 13> settings = {"listening_ports",
                                            ports.c_str(),
                                            "num_threads",
                                            threads.c_str(),
                                            "enable_keep_alive",
                                            "yes",
                                            "keep_alive_timeout_ms",
                                            "20000",
                                            "request_timeout_ms",
                                            "30000",
                                            "decode_url",
                                            "yes",
                                            nullptr};
    mg_callbacks callbacks{};
    callbacks.begin_request = &CivetwebServer::OnRequest;
    callbacks.log_message = &CivetwebServer::OnLog;
    context_ = mg_start(&callbacks, this, settings.data());
    if (context_ == nullptr) {
      return Fail(ErrorCode::kConnect,
                  "can't listen on " + ports + ": " +
                      (start_error_.empty() ? std::string(std::strerror(errno)) : start_error_));
    }
    return {};
  }

  std::vector<std::string> Addresses() const override {
    std::array<mg_server_port, 16> ports{};
    const int count = mg_get_server_ports(context_, static_cast<int>(ports.size()), ports.data());
    std::vector<std::string> addresses;
    for (int i = 0; i < count; ++i)
      addresses.push_back(":" + std::to_string(ports[static_cast<size_t>(i)].port));
    return addresses;
  }

  void Stop() override {
    if (context_ != nullptr) mg_stop(context_);
    context_ = nullptr;
  }

 private:
  static int OnRequest(mg_connection* connection) {
    const mg_request_info* info = mg_get_request_info(connection);
    const auto* self = static_cast<const CivetwebServer*>(info->user_data);
    HttpRequest request = ToRequest(*info, connection);
    HttpResponse response = self->Respond(*info, request);
    Send(connection, request, response);
    return response.status;
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
    if (self != nullptr && self->context_ == nullptr) self->start_error_ = message;
    LogFolded(LogLevel::kDebug, "http server", {{"detail", message}});
    return 1;
  }

  Handler handler_;
  mg_context* context_ = nullptr;
  std::string start_error_;
};

}  // namespace

Result<std::unique_ptr<Server>> StartServer(const ServerOptions& options, Server::Handler handler) {
  static std::once_flag once;
  std::call_once(once, [] { mg_init_library(0); });
  auto server = std::make_unique<CivetwebServer>(std::move(handler));
  if (Result<void> started = server->Start(options); !started)
    return tl::unexpected(started.error());
  return server;
}

}  // namespace replicawatch
