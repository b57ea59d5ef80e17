#include "common/web/web_config.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "common/config/readers.h"
#include "common/web/tls_settings.h"

namespace replicawatch {
namespace {

/// Each step doubles the time: 15 costs some three seconds of CPU.
constexpr int64_t kMaxBcryptCost = 15;

/// A header that may be added to all answers, and the values that it may have; none: any.
struct AllowedHeader {
  std::string_view name;
  std::array<std::string_view, 2> values;
};

constexpr std::array<AllowedHeader, 5> kHeaders = {{
    {"Content-Security-Policy", {}},
    {"X-Frame-Options", {"deny", "sameorigin"}},
    {"X-Content-Type-Options", {"nosniff"}},
    {"X-XSS-Protection", {}},
    {"Strict-Transport-Security", {}},
}};

TextForm FormOf(const AllowedHeader& header) {
  std::vector<std::string> values;
  for (const std::string_view value : header.values) {
    if (!value.empty()) values.emplace_back(value);
  }
  // An empty one is none at all; so do templates that fill this in.
  if (!values.empty()) values.emplace_back();
  return TextForm::OneOf(values);
}

YamlValue::Read IntoHeader(WebConfig& config, const AllowedHeader& header) {
  return [&config, &header](const YamlValue& value) -> Result<void> {
    const Result<std::string> text = value.Text(FormOf(header));
    if (!text) return tl::unexpected(text.error());
    if (text->empty()) return {};
    const bool printable = std::all_of(text->begin(), text->end(),
                                       [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
    if (!printable) return value.Fault("a header can't have this character in it");
    const auto& values = header.values;
    if (!values[0].empty() && std::find(values.begin(), values.end(), *text) == values.end()) {
      std::string names(values[0]);
      if (!values[1].empty()) names += " or " + std::string(values[1]);
      return value.Fault("\"" + *text + "\": " + std::string(header.name) + " is " + names);
    }
    config.headers.emplace_back(header.name, *text);
    return {};
  };
}

YamlValue::Read IntoHeaders(WebConfig& config) {
  return [&config](const YamlValue& section) {
    YamlValue::KeyList keys;
    for (const AllowedHeader& header : kHeaders)
      keys.push_back({header.name, IntoHeader(config, header), "added to all answers"});
    return section.Keys(keys);
  };
}

YamlValue::Read IntoHttp(WebConfig& config) {
  return [&config](const YamlValue& section) {
    return section.Keys(
        {{"http2", Into(config.http2), "accepted and ignored: there is no HTTP/2"},
         {"headers", IntoHeaders(config), "headers that are added to all answers"}});
  };
}

YamlValue::Read IntoRateLimit(std::optional<RateLimit>& limit) {
  return [&limit](const YamlValue& section) -> Result<void> {
    RateLimit read;
    constexpr size_t kMost = 1'000'000;
    if (Result<void> done = section.Keys(
            {{"interval", Into(read.interval), "from one request to the next; 0: no limit"},
             {"burst", IntoCount(read.burst, kMost), "so many may come at once"}});
        !done)
      return done;
    if (read.interval > Duration::zero()) limit = read;
    return {};
  };
}

YamlValue::Read IntoUsers(WebUsers& users) {
  const YamlValue::ReadNamed read = [&users](const std::string& name,
                                             const YamlValue& value) -> Result<void> {
    if (name.empty() || name.find(':') != std::string::npos)
      return value.Fault("the name of a user can't be empty nor have a colon in it");
    const Result<std::string> hash =
        value.Text(TextForm::Pattern("\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}"));
    if (!hash) return tl::unexpected(hash.error());
    if (const std::string wrong = FaultOfBcryptHash(*hash); !wrong.empty())
      return value.Fault("user \"" + name + "\": " + wrong);
    users.emplace(name, *hash);
    return {};
  };
  return [read](const YamlValue& mapping) { return mapping.Entries(read); };
}

YamlValue::Read IntoTls(std::shared_ptr<SSL_CTX>& tls, const std::string& folder,
                        std::vector<std::string>& files) {
  return [&tls, &folder, &files](const YamlValue& section) -> Result<void> {
    const Result<TlsSettings> settings = ReadTlsSettings(section, folder, files);
    if (!settings) return tl::unexpected(settings.error());
    auto context = MakeTlsContext(*settings);
    if (!context) return section.Fault(context.error().message);
    tls = std::move(*context);
    return {};
  };
}

}  // namespace

std::string FaultOfBcryptHash(std::string_view hash) {
  constexpr size_t kPrefix = 7;  // $2y$10$
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_of_alphabet = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
  };
  const bool good = hash.size() == kPrefix + 53 && hash.starts_with("$2") &&
                    std::string_view("aby").find(hash[2]) != std::string_view::npos &&
                    hash[3] == '$' && is_digit(hash[4]) && is_digit(hash[5]) && hash[6] == '$' &&
                    std::all_of(hash.begin() + kPrefix, hash.end(), is_of_alphabet);
  if (!good) return "this is no bcrypt hash ($2y$ ...); htpasswd -nBC 10 makes one";
  const int64_t cost = *ParseInt(hash.substr(4, 2));
  if (cost < 4 || cost > kMaxBcryptCost)
    return "the cost of this hash is not from 4 to " + std::to_string(kMaxBcryptCost);
  return "";
}

Result<WebConfig> LoadWebConfig(const std::string& path, std::vector<std::string>& files) {
  files = {path};
  const Result<YamlValue> document = YamlValue::Load(path);
  if (!document) return tl::unexpected(document.error());
  return ReadWebConfig(*document, path.substr(0, path.rfind('/') + 1), files);
}

Result<WebConfig> ReadWebConfig(const YamlValue& document, const std::string& folder,
                                std::vector<std::string>& files) {
  WebConfig config;
  const Result<void> read = document.Keys(
      {{"tls_server_config", IntoTls(config.tls, folder, files),
        "TLS; without this section it is plain HTTP"},
       {"http_server_config", IntoHttp(config), "how answers are given"},
       {"rate_limit", IntoRateLimit(config.rate_limit),
        "one request each interval, and so many at once; beyond that 429"},
       {"basic_auth_users", IntoUsers(config.users),
        "names of users and the bcrypt hashes of their passwords, as htpasswd -nBC 10 "
        "makes them"}});
  if (!read) return tl::unexpected(read.error());
  return config;
}

ConfigSchema DescribeWebConfig() {
  return YamlValue::Describe([](const YamlValue& document) {
    std::vector<std::string> files;
    return ReadWebConfig(document, "", files);
  });
}

}  // namespace replicawatch
