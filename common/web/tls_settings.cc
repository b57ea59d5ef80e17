#include "common/web/tls_settings.h"

#include <openssl/ssl.h>

#include <array>
#include <span>

#include "common/config/file.h"
#include "common/config/readers.h"

namespace replicawatch {
namespace {

constexpr size_t kMaxPem = 1U << 20;

/// A value that the configuration calls by Go's name.
struct Named {
  std::string_view name;
  std::string_view value;
};

// What Go's tls.CipherSuites() lists: those that it holds to be safe.
constexpr std::array<Named, 10> kCiphersTls12 = {{
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
}};
constexpr std::array<Named, 3> kCiphersTls13 = {{
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
}};
constexpr std::array<Named, 4> kCurves = {{
    {"CurveP256", "P-256"},
    {"CurveP384", "P-384"},
    {"CurveP521", "P-521"},
    {"X25519", "X25519"},
}};

const Named* Find(std::span<const Named> table, std::string_view name) {
  for (const Named& named : table) {
    if (named.name == name) return &named;
  }
  return nullptr;
}

std::string ListOf(std::span<const Named> table) {
  std::string names;
  for (const Named& named : table) names += (names.empty() ? "" : ", ") + std::string(named.name);
  return names;
}

TextForm FormOf(std::initializer_list<std::span<const Named>> tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) {
    for (const Named& named : table) names.emplace_back(named.name);
  }
  return TextForm::OneOf(std::move(names));
}

/// What may stand in the configuration itself or in a file that it names.
class Pem {
 public:
  YamlValue::Read Inline() {
    return [this](const YamlValue& value) -> Result<void> {
      Result<std::string> text = value.Text();
      if (!text) return tl::unexpected(text.error());
      return Set(value, Secret(std::move(*text)));
    };
  }

  YamlValue::Read File(const std::string& folder, std::vector<std::string>& files) {
    return [this, &folder, &files](const YamlValue& value) -> Result<void> {
      const Result<std::string> name = value.Text();
      if (!name) return tl::unexpected(name.error());
      // The toolkit takes an empty name for none; so do templates that fill this in.
      if (name->empty()) return {};
      const std::string path = name->starts_with('/') ? *name : folder + *name;
      files.push_back(path);
      Result<std::string> text = ReadFile(path, kMaxPem);
      if (!text) return value.Fault(text.error().message);
      if (text->empty()) return value.Fault(path + ": is empty");
      return Set(value, Secret(std::move(*text)));
    };
  }

  const Secret& text() const { return text_; }

 private:
  Result<void> Set(const YamlValue& value, Secret text) {
    if (!text_.empty())
      return value.Fault("this is given twice: it stands here or in a file, not both");
    text_ = std::move(text);
    return {};
  }

  Secret text_;  // it may be a key
};

YamlValue::Read IntoVersion(int& version) {
  return [&version](const YamlValue& value) -> Result<void> {
    const Result<std::string> name = value.Text(
        TextForm::OneOf({"TLS12", "TLS13"}, version == TLS1_2_VERSION ? "TLS12" : "TLS13"));
    if (!name) return tl::unexpected(name.error());
    if (*name == "TLS12") {
      version = TLS1_2_VERSION;
    } else if (*name == "TLS13") {
      version = TLS1_3_VERSION;
    } else {
      return value.Fault("\"" + *name + "\" is none of TLS12, TLS13");
    }
    return {};
  };
}

YamlValue::Read IntoPolicy(ClientAuth& policy) {
  return [&policy](const YamlValue& value) -> Result<void> {
    static constexpr std::array<std::pair<std::string_view, ClientAuth>, 7> kPolicies = {{
        {"", ClientAuth::kNone},
        {"NoClientCert", ClientAuth::kNone},
        {"RequestClientCert", ClientAuth::kRequest},
        {"RequireClientCert", ClientAuth::kRequireAny},  // an old name of the next one
        {"RequireAnyClientCert", ClientAuth::kRequireAny},
        {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
        {"RequireAndVerifyClientCert", ClientAuth::kVerify},
    }};
    std::vector<std::string> names;
    for (const auto& [name, known] : kPolicies) names.emplace_back(name);
    const Result<std::string> wanted = value.Text(TextForm::OneOf(names, "NoClientCert"));
    if (!wanted) return tl::unexpected(wanted.error());
    for (const auto& [name, known] : kPolicies) {
      if (name != *wanted) continue;
      policy = known;
      return {};
    }
    return value.Fault("\"" + *wanted +
                       "\" is none of NoClientCert, RequestClientCert, RequireAnyClientCert, "
                       "VerifyClientCertIfGiven, RequireAndVerifyClientCert");
  };
}

YamlValue::Read IntoCiphers(TlsSettings& settings) {
  const YamlValue::Read read = [&settings](const YamlValue& value) -> Result<void> {
    const Result<std::string> name = value.Text(FormOf({kCiphersTls13, kCiphersTls12}));
    if (!name) return tl::unexpected(name.error());
    if (const Named* cipher = Find(kCiphersTls12, *name)) {
      settings.ciphers_tls12.emplace_back(cipher->value);
    } else if (const Named* newer = Find(kCiphersTls13, *name)) {
      settings.ciphers_tls13.emplace_back(newer->value);
    } else {
      return value.Fault("cipher suite \"" + *name + "\" is none of " + ListOf(kCiphersTls13) +
                         ", " + ListOf(kCiphersTls12));
    }
    return {};
  };
  return [read](const YamlValue& list) { return list.Elements(read); };
}

YamlValue::Read IntoCurves(std::vector<std::string>& curves) {
  const YamlValue::Read read = [&curves](const YamlValue& value) -> Result<void> {
    const Result<std::string> name = value.Text(FormOf({kCurves}));
    if (!name) return tl::unexpected(name.error());
    const Named* curve = Find(kCurves, *name);
    if (curve == nullptr)
      return value.Fault("curve \"" + *name + "\" is none of " + ListOf(kCurves));
    curves.emplace_back(curve->value);
    return {};
  };
  return [read](const YamlValue& list) { return list.Elements(read); };
}

/// What can't be meant, whatever each value says by itself.
std::string Contradiction(const TlsSettings& settings) {
  const ClientAuth auth = settings.client_auth;
  const bool verifies = auth == ClientAuth::kVerify || auth == ClientAuth::kVerifyIfGiven;
  if (settings.certificate.empty()) return "cert or cert_file is missing: TLS needs a certificate";
  if (settings.key.empty()) return "key or key_file is missing: TLS needs the certificate's key";
  if (!settings.client_ca.empty() && auth == ClientAuth::kNone)
    return "a client CA does nothing without client_auth_type";
  if (verifies && settings.client_ca.empty())
    return "client_auth_type verifies client certificates, but client_ca or client_ca_file is "
           "missing";
  if (!settings.allowed_sans.empty() && auth != ClientAuth::kRequireAny &&
      auth != ClientAuth::kVerify)
    return "client_allowed_sans needs client_auth_type RequireAndVerifyClientCert or "
           "RequireAnyClientCert: others let clients in that have no certificate";
  if (settings.min_version > settings.max_version) return "min_version is above max_version";
  if (settings.max_version == TLS1_2_VERSION && settings.ciphers_tls12.empty() &&
      !settings.ciphers_tls13.empty())
    return "cipher_suites has none for TLS12, which max_version asks for";
  return "";
}

}  // namespace

Result<TlsSettings> ReadTlsSettings(const YamlValue& section, const std::string& folder,
                                    std::vector<std::string>& files) {
  TlsSettings settings;
  settings.min_version = TLS1_2_VERSION;
  settings.max_version = TLS1_3_VERSION;
  Pem certificate;
  Pem key;
  Pem client_ca;
  const Result<void> read = section.Keys({
      {"cert", certificate.Inline(), "the certificate and its chain, PEM"},
      {"cert_file", certificate.File(folder, files), "the file that has them"},
      {"key", key.Inline(), "the certificate's key, PEM"},
      {"key_file", key.File(folder, files), "the file that has it"},
      {"client_auth_type", IntoPolicy(settings.client_auth), "what is wanted of clients"},
      {"client_ca", client_ca.Inline(), "authorities that sign client certificates, PEM"},
      {"client_ca_file", client_ca.File(folder, files), "the file that has them"},
      {"client_allowed_sans", Into(settings.allowed_sans),
       "a client certificate needs one of these names: DNS, IP, mail or URI"},
      {"min_version", IntoVersion(settings.min_version), "the oldest version of TLS"},
      {"max_version", IntoVersion(settings.max_version), "the newest version of TLS"},
      {"cipher_suites", IntoCiphers(settings), "in order; default: OpenSSL's"},
      {"prefer_server_cipher_suites", Into(settings.prefer_server_ciphers),
       "this order counts, not the client's"},
      {"curve_preferences", IntoCurves(settings.curves), "in order; default: OpenSSL's"},
  });
  if (!read) return tl::unexpected(read.error());
  settings.certificate = certificate.text().Reveal();
  settings.key = key.text();
  settings.client_ca = client_ca.text().Reveal();
  if (const std::string wrong = Contradiction(settings); !wrong.empty())
    return section.Fault(wrong);
  // Suites of TLS 1.3 alone leave none to the older version.
  if (settings.ciphers_tls12.empty() && !settings.ciphers_tls13.empty())
    settings.min_version = TLS1_3_VERSION;
  return settings;
}

}  // namespace replicawatch
