#include "common/web/tls_material.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace replicawatch {
namespace {

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* object) const { Free(object); }
};
void FreeNames(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
void FreeBio(BIO* bio) { BIO_free(bio); }
using X509Ptr = std::unique_ptr<X509, Deleter<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO, FreeBio>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES, FreeNames>>;

BioPtr Bytes(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// OpenSSL would ask the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

/// What OpenSSL says about its last error, which names no secret.
std::string Reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* text = ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? "refused by OpenSSL" : text;
}

tl::unexpected<Error> Refuse(const std::string& what) { return Fail(ErrorCode::kParse, what); }

/// All certificates of a PEM text. What follows the last one is not looked at.
std::vector<X509Ptr> ReadCertificates(std::string_view pem) {
  const BioPtr bio = Bytes(pem);
  std::vector<X509Ptr> certificates;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr))
    certificates.emplace_back(one);
  ERR_clear_error();
  return certificates;
}

Result<void> UseCertificate(SSL_CTX* context, const TlsSettings& settings) {
  std::vector<X509Ptr> chain = ReadCertificates(settings.certificate);
  if (chain.empty()) return Refuse("the certificate is no certificate in PEM form");
  if (SSL_CTX_use_certificate(context, chain[0].get()) != 1)
    return Refuse("the certificate can't be used: " + Reason());
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return Refuse("the certificate's chain can't be used: " + Reason());
  }
  const BioPtr bio = Bytes(settings.key.Reveal());
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (!key) return Refuse("the key is no private key in PEM form, or it is encrypted");
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    ERR_clear_error();
    return Refuse("the key does not belong to the certificate");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return Refuse("the key can't be used: " + Reason());
  return {};
}

Result<void> UseClientAuthorities(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.client_ca.empty()) return {};
  const std::vector<X509Ptr> authorities = ReadCertificates(settings.client_ca);
  if (authorities.empty()) return Refuse("the client CA is no certificate in PEM form");
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1)
      return Refuse("the client CA can't be used: " + Reason());
  }
  return {};
}

/// The same bytes, whichever way an IPv6 address is written.
bool IsAddress(const ASN1_OCTET_STRING& address, const std::string& wanted) {
  ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(wanted.c_str());
  if (parsed == nullptr) {
    ERR_clear_error();
    return false;
  }
  const bool same = ASN1_OCTET_STRING_cmp(parsed, &address) == 0;
  ASN1_OCTET_STRING_free(parsed);
  return same;
}

bool NameMatches(const GENERAL_NAME& name, const std::string& wanted) {
  const auto text = [](const ASN1_STRING* string) {
    return std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                            static_cast<size_t>(ASN1_STRING_length(string)));
  };
  switch (name.type) {
    case GEN_DNS:
      return text(name.d.dNSName) == wanted;
    case GEN_EMAIL:
      return text(name.d.rfc822Name) == wanted;
    case GEN_URI:
      return text(name.d.uniformResourceIdentifier) == wanted;
    case GEN_IPADD:
      return IsAddress(*name.d.iPAddress, wanted);
    default:
      return false;
  }
}

bool HasAllowedName(const X509* certificate, const std::vector<std::string>& allowed) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    if (std::any_of(allowed.begin(), allowed.end(),
                    [&](const std::string& wanted) { return NameMatches(name, wanted); }))
      return true;
  }
  return false;
}

struct ClientRules {
  bool verify;
  std::vector<std::string> allowed_sans;
};

/// Called only for a client that has sent a certificate.
int CheckClient(X509_STORE_CTX* store, void* rules_of_context) {
  const auto& rules = *static_cast<const ClientRules*>(rules_of_context);
  if (rules.verify && X509_verify_cert(store) != 1) return 0;
  if (rules.allowed_sans.empty() ||
      HasAllowedName(X509_STORE_CTX_get0_cert(store), rules.allowed_sans))
    return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

void FreeRules(void*, void* rules, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<ClientRules*>(rules);
}

/// The rules live as long as the context, which connections may outlive us with.
void SetClientRules(SSL_CTX* context, const TlsSettings& settings) {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeRules);
  const ClientAuth auth = settings.client_auth;
  if (auth == ClientAuth::kNone) return;
  const bool verify = auth == ClientAuth::kVerify || auth == ClientAuth::kVerifyIfGiven;
  const bool require = auth == ClientAuth::kVerify || auth == ClientAuth::kRequireAny;
  auto rules = std::make_unique<ClientRules>(ClientRules{verify, settings.allowed_sans});
  SSL_CTX_set_cert_verify_callback(context, CheckClient, rules.get());
  SSL_CTX_set_ex_data(context, index, rules.release());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ":") + name;
  return text;
}

Result<void> SetCiphers(SSL_CTX* context, const TlsSettings& settings) {
  if (!settings.ciphers_tls12.empty() &&
      SSL_CTX_set_cipher_list(context, Joined(settings.ciphers_tls12).c_str()) != 1)
    return Refuse("the cipher suites can't be used: " + Reason());
  if (!settings.ciphers_tls13.empty() &&
      SSL_CTX_set_ciphersuites(context, Joined(settings.ciphers_tls13).c_str()) != 1)
    return Refuse("the cipher suites can't be used: " + Reason());
  if (!settings.curves.empty() &&
      SSL_CTX_set1_curves_list(context, Joined(settings.curves).c_str()) != 1)
    return Refuse("the curves can't be used: " + Reason());
  if (settings.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  return {};
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(const TlsSettings& settings) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return Fail(ErrorCode::kInternal, "no TLS context: " + Reason());
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // A resumed session would skip the client's certificate. Scrapers keep their connections, so
  // nothing is lost.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  if (SSL_CTX_set_min_proto_version(context.get(), settings.min_version) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), settings.max_version) != 1)
    return Refuse("the versions of TLS can't be used: " + Reason());
  for (const auto step : {UseCertificate, UseClientAuthorities, SetCiphers}) {
    if (Result<void> done = step(context.get(), settings); !done)
      return tl::unexpected(done.error());
  }
  SetClientRules(context.get(), settings);
  return context;
}

}  // namespace replicawatch
