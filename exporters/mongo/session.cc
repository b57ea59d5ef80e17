#include "exporters/mongo/session.h"

#include <mongoc/mongoc.h>

#include <algorithm>

#include "exporters/mongo/driver.h"

namespace replicawatch::mongo {
namespace {

struct UriDeleter {
  void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
};
struct ClientDeleter {
  void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
};
using UriPtr = std::unique_ptr<mongoc_uri_t, UriDeleter>;
using ClientPtr = std::unique_ptr<mongoc_client_t, ClientDeleter>;

/// A bson_t is over-aligned, so that it does not go into a unique_ptr.
class Bson {
 public:
  Bson() { bson_init(&bson_); }
  ~Bson() { bson_destroy(&bson_); }
  Bson(const Bson&) = delete;
  Bson& operator=(const Bson&) = delete;
  bson_t* get() { return &bson_; }

 private:
  bson_t bson_;
};

constexpr int kCallLimitMs =
    static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kCallLimit).count());

void SetLogin(mongoc_uri_t* uri, const Settings& settings) {
  if (!settings.user.empty()) mongoc_uri_set_username(uri, settings.user.c_str());
  if (!settings.password.empty()) {
    mongoc_uri_set_password(uri, std::string(settings.password.Reveal()).c_str());
  }
  if (!settings.mechanism.empty()) mongoc_uri_set_auth_mechanism(uri, settings.mechanism.c_str());
  if (!settings.auth_source.empty()) mongoc_uri_set_auth_source(uri, settings.auth_source.c_str());
}

/// Null when `address`, a name that a server gave, is no address at all.
UriPtr MemberUri(const Settings& settings, const std::string& address, bool with_login) {
  InitialiseDriver();
  const std::string text = "mongodb://" + address + "/?" + settings.tls_options;
  UriPtr uri(mongoc_uri_new(text.c_str()));
  if (!uri) return nullptr;
  mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_DIRECTCONNECTION, true);
  mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_SERVERSELECTIONTRYONCE, true);
  mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_RETRYREADS, false);
  mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, kCallLimitMs);
  mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS, kCallLimitMs);
  mongoc_uri_set_option_as_int32(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, kCallLimitMs);
  mongoc_uri_set_appname(uri.get(), "replicawatch");
  if (with_login) SetLogin(uri.get(), settings);
  return uri;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What the driver says of server selection only repeats that there is one server to select.
std::string_view WithoutSelection(std::string_view message) {
  const size_t begin = message.find('[');
  if (!message.starts_with("No suitable servers") || begin == std::string_view::npos) {
    return message;
  }
  message.remove_prefix(begin + 1);
  return message.substr(0, message.rfind(']'));
}

Error DriverError(const char* command, const bson_error_t& error, Duration took) {
  const bool is_auth =
      (error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE) ||
      (error.domain == MONGOC_ERROR_SERVER && error.code == 18);
  // The driver gives up a moment before or after its own limit.
  const bool timed_out = took >= kCallLimit * 9 / 10;
  return {ClassifyDriverError(error.message, is_auth, timed_out),
          std::string(command) + ": " + std::string(WithoutSelection(error.message))};
}

void AppendCommand(const Command& command, Bson& document) {
  if (command.argument != nullptr) {
    BSON_APPEND_UTF8(document.get(), command.name, command.argument);
  } else {
    BSON_APPEND_INT32(document.get(), command.name, 1);
  }
  if (command.more != nullptr) {
    bson_t more;
    if (bson_init_from_json(&more, command.more, -1, nullptr)) {
      bson_concat(document.get(), &more);
      bson_destroy(&more);
    }
  }
  for (const auto& [key, value, without] : command.options) {
    if (without.empty()) {
      BSON_APPEND_INT32(document.get(), key, value);
      continue;
    }
    Bson parts;
    for (const char* part : without) BSON_APPEND_BOOL(parts.get(), part, false);
    BSON_APPEND_DOCUMENT(document.get(), key, parts.get());
  }
}

class MongocSession : public Session {
 public:
  explicit MongocSession(UriPtr uri) : uri_(std::move(uri)) {}

  Result<Reply> Run(const Command& command, Deadline deadline) override {
    if (!uri_) return Fail(ErrorCode::kConnect, "the member's name is no address");
    const bool served = served_;
    Result<Reply> reply = RunOnce(command, deadline);
    // A connection that had served and is closed tells nothing but that the server was restarted.
    const bool closed = !reply && (reply.error().code == ErrorCode::kProtocol ||
                                   reply.error().code == ErrorCode::kConnect);
    if (closed && served) reply = RunOnce(command, deadline);
    return reply;
  }

 private:
  Result<Reply> RunOnce(const Command& command, Deadline deadline) {
    // Always a new client after an error: the old one would refuse to connect for 5 s (its
    // "cooldown").
    if (!client_) client_.reset(mongoc_client_new_from_uri(uri_.get()));
    if (!client_) return Fail(ErrorCode::kInternal, "the driver refuses its settings");
    mongoc_client_set_error_api(client_.get(), MONGOC_ERROR_API_VERSION_2);

    Bson document;
    AppendCommand(command, document);
    BSON_APPEND_INT32(document.get(), "maxTimeMS", std::max(deadline.RemainingMs(), 1));

    bson_t answer;
    bson_error_t error = {};
    Reply reply;
    reply.sent = Clock::now();
    const bool ok = mongoc_client_command_simple(client_.get(), command.database, document.get(),
                                                 nullptr, &answer, &error);
    reply.received = Clock::now();
    reply.bson.assign(reinterpret_cast<const char*>(bson_get_data(&answer)), answer.len);
    // A refusal by the server is an answer; it has `ok`, which the driver's own errors have not.
    const bool answered = ok || (error.domain == MONGOC_ERROR_SERVER && error.code != 18 &&
                                 bson_has_field(&answer, "ok"));
    bson_destroy(&answer);
    if (answered) {
      served_ = true;
      return reply;
    }
    served_ = false;
    client_.reset();
    return tl::unexpected(DriverError(command.name, error, reply.received - reply.sent));
  }

  const UriPtr uri_;
  ClientPtr client_;
  bool served_ = false;  // the present connection has answered before
};

}  // namespace

ErrorCode ClassifyDriverError(std::string_view message, bool is_auth, bool timed_out) {
  if (Contains(message, "Failed to resolve") || Contains(message, "refused") ||
      Contains(message, "unknown connection error") || Contains(message, "Failed to connect")) {
    return ErrorCode::kConnect;
  }
  // Said in answer to the first hello, which the driver takes for a failed login.
  if (Contains(message, "quiesce mode") || Contains(message, "shutdown")) {
    return ErrorCode::kConnect;
  }
  if (Contains(message, "socket error or timeout")) {
    return timed_out ? ErrorCode::kTimeout : ErrorCode::kProtocol;
  }
  if (Contains(message, "timeout") || Contains(message, "timed out")) return ErrorCode::kTimeout;
  if (Contains(message, "requires newer") || Contains(message, "but this version of libmongoc")) {
    return ErrorCode::kUnsupported;
  }
  return is_auth ? ErrorCode::kAuth : ErrorCode::kProtocol;
}

SessionFactory MongocSessions(const Settings& settings, const std::string& address) {
  return [settings, address](bool with_login) {
    return std::make_unique<MongocSession>(MemberUri(settings, address, with_login));
  };
}

}  // namespace replicawatch::mongo
