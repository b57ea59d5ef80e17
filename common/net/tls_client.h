#pragma once

#include <memory>
#include <string>

#include "common/base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace replicawatch {

/// How connections to the servers are secured.
struct TlsOptions {
  bool enabled = false;
  std::string ca_file;    ///< empty: the system's
  std::string cert_file;  ///< of the client; with key_file or not at all
  std::string key_file;
  std::string server_name;  ///< that the certificate must have; empty: the host that is asked
  bool insecure_skip_verify = false;
};

/// Makes TLS sessions, 1.2 or 1.3, whose peer must have a certificate of the CA for the host that
/// is asked. Immutable, so that threads may share it.
class TlsClient {
 public:
  /// Fails when a file can't be used; says which.
  static Result<std::shared_ptr<const TlsClient>> Make(const TlsOptions& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// A session for a connection to `host`, a name or an address, which the caller owns; null when
  /// memory is short.
  ssl_st* NewSession(const std::string& host) const;

 private:
  TlsClient(const TlsOptions& options, ssl_ctx_st* context);

  const TlsOptions options_;
  ssl_ctx_st* const context_;
};

/// What went wrong in a session, for a message: an untrusted certificate or the library's words.
/// Empties the thread's queue of errors.
std::string TlsFault(const ssl_st* session);

}  // namespace replicawatch
