#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/secret.h"

namespace replicawatch {

/// What a client has to show. The names are those of Go's crypto/tls, which the configuration uses.
enum class ClientAuth : uint8_t {
  kNone,           ///< NoClientCert: not asked for
  kRequest,        ///< RequestClientCert: any is taken, none as well
  kRequireAny,     ///< RequireAnyClientCert: there must be one, whoever signed it
  kVerifyIfGiven,  ///< VerifyClientCertIfGiven
  kVerify,         ///< RequireAndVerifyClientCert
};

/// All that the server's side of TLS is made from; PEM where it says so.
struct TlsSettings {
  std::string certificate;  ///< PEM, the server's own first, then what leads to the root
  Secret key;               ///< PEM, not encrypted
  ClientAuth client_auth = ClientAuth::kNone;
  std::string client_ca;                  ///< PEM, of the authorities of client certificates
  std::vector<std::string> allowed_sans;  ///< empty: any client certificate that is good otherwise
  int min_version = 0;                    ///< TLS1_2_VERSION, TLS1_3_VERSION
  int max_version = 0;
  std::vector<std::string> ciphers_tls12;  ///< OpenSSL's names; both empty: its defaults
  std::vector<std::string> ciphers_tls13;
  std::vector<std::string> curves;  ///< OpenSSL's names, in order of preference
  bool prefer_server_ciphers = true;
};

/// A context from which connections are made, or what does not fit together. The context is
/// immutable afterwards and may serve many threads.
Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(const TlsSettings& settings);

}  // namespace replicawatch
