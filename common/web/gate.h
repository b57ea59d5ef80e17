#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/web/basic_auth.h"
#include "common/web/file_stamps.h"
#include "common/web/http.h"
#include "common/web/rate_limit.h"
#include "common/web/web_config.h"

namespace replicawatch {

/// What a request has to pass before anything looks at it, as --web.config.file says: the rate
/// limit, then the login; and the TLS context of new connections. The file and those that it names
/// are looked at with each request and each handshake, and are read again when they have changed. A
/// new state that is broken changes nothing: the last good one stays. Thread-safe.
class Gate {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  /// Told of each reading of changed files, and of the first: whether it was good.
  using OnRead = std::function<void(bool good)>;

  /// Without a file (empty) everything is let through. Fails on a file that is not good: what was
  /// to be protected is not served without.
  static Result<std::unique_ptr<Gate>> Open(const std::string& path, OnRead on_read);

  bool uses_tls() const { return uses_tls_; }
  /// Asked for in the file, and not to be had.
  bool wants_http2() const { return wants_http2_; }
  /// For a new connection. Only with TLS.
  std::shared_ptr<SSL_CTX> TlsContext();

  HttpResponse Handle(const HttpRequest& request, const Handler& handler);

 private:
  /// What one reading gave. Immutable but for the bucket, which is thread-safe.
  struct State {
    WebConfig config;
    std::shared_ptr<TokenBucket> bucket;  ///< null: no limit
  };

  explicit Gate(std::string path, OnRead on_read)
      : path_(std::move(path)), on_read_(std::move(on_read)) {}

  std::shared_ptr<const State> Current();
  Result<std::shared_ptr<const State>> Read();
  HttpResponse Admit(const State& state, const HttpRequest& request, const Handler& handler);

  const std::string path_;
  const OnRead on_read_;
  bool uses_tls_ = false;
  bool wants_http2_ = false;
  /// Only with a file: OpenSSL's random numbers cost two megabytes of resident memory.
  std::unique_ptr<BasicAuth> auth_;
  std::mutex mutex_;
  std::shared_ptr<const State> state_;  // guarded by mutex_, as all below
  FileStamps stamps_;
  std::string last_error_;  ///< of the files as they are now; empty while they are good
};

}  // namespace replicawatch
