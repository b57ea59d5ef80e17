#include "common/net/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace replicawatch {
namespace {

std::string TakeQueuedError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string() : reason;
}

bool IsAddress(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

TlsClient::TlsClient(const TlsOptions& options, ssl_ctx_st* context)
    : options_(options), context_(context) {}

TlsClient::~TlsClient() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsClient>> TlsClient::Make(const TlsOptions& options) {
  const std::shared_ptr<const TlsClient> client(
      new TlsClient(options, SSL_CTX_new(TLS_client_method())));
  SSL_CTX* const context = client->context_;
  const auto bad = [](const std::string& what) {
    const std::string reason = TakeQueuedError();
    return Fail(ErrorCode::kParse, what + (reason.empty() ? "" : ": " + reason));
  };
  if (context == nullptr) return bad("TLS can't be set up");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (options.cert_file.empty() != options.key_file.empty())
    return bad("a client certificate and its key go together, only one is given");
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1)
      return bad("no CA certificate can be read from " + options.ca_file);
  } else if (SSL_CTX_set_default_verify_paths(context) != 1) {
    return bad("the system's CA certificates can't be read");
  }
  if (!options.cert_file.empty()) {
    if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1)
      return bad("no certificate can be read from " + options.cert_file);
    if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
      return bad("no key that fits the certificate can be read from " + options.key_file);
  }
  SSL_CTX_set_verify(context, options.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     nullptr);
  return client;
}

ssl_st* TlsClient::NewSession(const std::string& host) const {
  SSL* session = SSL_new(context_);
  if (session == nullptr) return nullptr;
  const std::string& name = options_.server_name.empty() ? host : options_.server_name;
  bool ok = true;
  if (IsAddress(name)) {
    ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1;
  } else {
    // SSL_set_tlsext_host_name() is this call in a macro with a cast of C.
    ok = SSL_set1_host(session, name.c_str()) == 1 &&
         SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(name.c_str())) == 1;
  }
  if (ok) return session;
  SSL_free(session);
  return nullptr;
}

std::string TlsFault(const ssl_st* session) {
  const long verified = SSL_get_verify_result(session);
  const std::string queued = TakeQueuedError();
  if (verified != X509_V_OK)
    return std::string("its certificate is refused: ") + X509_verify_cert_error_string(verified);
  // With TLS 1.3 a peer refuses only after the handshake, and its alert may be lost on the way.
  if (queued.empty()) return "the TLS connection broke; does the peer want a client certificate?";
  return "TLS: " + queued;
}

}  // namespace replicawatch
