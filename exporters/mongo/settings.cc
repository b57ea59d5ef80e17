#include "exporters/mongo/settings.h"

#include <mongoc/mongoc.h>

#include <memory>

#include "common/base/text.h"
#include "exporters/mongo/driver.h"

namespace replicawatch::mongo {
namespace {

struct UriDeleter {
  void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
};
using UriPtr = std::unique_ptr<mongoc_uri_t, UriDeleter>;

std::string OrEmpty(const char* text) { return text != nullptr ? text : ""; }

/// Of the options only those about TLS concern a single member: the others speak of the whole set
/// or would make a call wait longer than it may.
std::string TlsOptionsOf(std::string_view uri) {
  std::string kept;
  std::string_view rest = uri;
  CutAt(rest, '?');
  while (!rest.empty()) {
    const std::string_view option = CutAt(rest, '&');
    const std::string_view prefix = option.substr(0, 3);
    if (!EqualsIgnoreCase(prefix, "tls") && !EqualsIgnoreCase(prefix, "ssl")) continue;
    if (!kept.empty()) kept += '&';
    kept += option;
  }
  return kept;
}

constexpr std::string_view kSrvScheme = "mongodb+srv://";

bool HasOption(std::string_view uri, std::string_view wanted) {
  std::string_view rest = uri;
  CutAt(rest, '?');
  while (!rest.empty()) {
    std::string_view option = CutAt(rest, '&');
    if (EqualsIgnoreCase(CutAt(option, '='), wanted)) return true;
  }
  return false;
}

}  // namespace

void ApplySrv(const SrvAnswer& answer, Settings& settings) {
  settings.seeds = answer.seeds;
  std::string_view rest = answer.options;
  while (!rest.empty()) {
    std::string_view value = CutAt(rest, '&');
    if (EqualsIgnoreCase(CutAt(value, '='), "authSource") && !settings.has_auth_source)
      settings.auth_source = value;
  }
}

Result<Settings> ParseSettings(std::string_view text) {
  InitialiseDriver();
  std::string uri(text);
  const bool by_name_service = uri.starts_with(kSrvScheme);
  if (by_name_service) uri = "mongodb://" + uri.substr(kSrvScheme.size());
  if (!uri.starts_with("mongodb://")) uri = "mongodb://" + uri;
  bson_error_t error;
  const UriPtr parsed(mongoc_uri_new_with_error(uri.c_str(), &error));
  if (!parsed) {
    const bool may_hold_secret = uri.find('@') != std::string::npos;
    return Fail(ErrorCode::kParse,
                may_hold_secret
                    ? "not a valid connection string (special characters in user and password "
                      "must be %-escaped)"
                    : std::string("not a valid connection string: ") + error.message);
  }
  Settings settings;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(parsed.get()); host != nullptr;
       host = host->next) {
    settings.seeds.emplace_back(host->host_and_port);
  }
  if (settings.seeds.empty()) return Fail(ErrorCode::kParse, "the connection string has no host");
  settings.user = OrEmpty(mongoc_uri_get_username(parsed.get()));
  settings.password = Secret(OrEmpty(mongoc_uri_get_password(parsed.get())));
  settings.auth_source = OrEmpty(mongoc_uri_get_auth_source(parsed.get()));
  settings.mechanism = OrEmpty(mongoc_uri_get_auth_mechanism(parsed.get()));
  settings.tls_options = TlsOptionsOf(uri);
  if (!by_name_service) return settings;
  if (settings.seeds.size() != 1)
    return Fail(ErrorCode::kParse, "mongodb+srv:// names one host, of the SRV records");
  // The name alone: its ports are in the records.
  settings.srv_host = settings.seeds.front().substr(0, settings.seeds.front().rfind(':'));
  settings.has_auth_source = HasOption(uri, "authSource");
  // As with all drivers it means TLS unless something else is said.
  if (!HasOption(uri, "tls") && !HasOption(uri, "ssl"))
    settings.tls_options += settings.tls_options.empty() ? "tls=true" : "&tls=true";
  return settings;
}

}  // namespace replicawatch::mongo
