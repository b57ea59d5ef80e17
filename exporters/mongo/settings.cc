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

}  // namespace

Result<Settings> ParseSettings(std::string_view text) {
  InitialiseDriver();
  std::string uri(text);
  if (uri.starts_with("mongodb+srv://")) {
    return Fail(ErrorCode::kUnsupported, "mongodb+srv:// is not supported, name the members");
  }
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
  return settings;
}

}  // namespace replicawatch::mongo
