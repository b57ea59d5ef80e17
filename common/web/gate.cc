#include "common/web/gate.h"

#include "common/base/log.h"

namespace replicawatch {
namespace {

HttpResponse AskForLogin() {
  HttpResponse refused = TextResponse(401, "401 a user and a password are wanted");
  refused.headers.emplace_back("WWW-Authenticate",
                               "Basic realm=\"replicawatch\", charset=\"UTF-8\"");
  return refused;
}

}  // namespace

Result<std::unique_ptr<Gate>> Gate::Open(const std::string& path, OnRead on_read) {
  std::unique_ptr<Gate> gate(new Gate(path, std::move(on_read)));
  if (path.empty()) {
    gate->state_ = std::make_shared<const State>();
    return gate;
  }
  gate->auth_ = std::make_unique<BasicAuth>();
  auto state = gate->Read();
  if (!state) return tl::unexpected(state.error());
  gate->state_ = std::move(*state);
  gate->uses_tls_ = gate->state_->config.tls != nullptr;
  gate->wants_http2_ = gate->state_->config.http2;
  gate->on_read_(true);
  return gate;
}

/// The stamps are taken first: what changes while it is read is read once more. Which files there
/// are is known only from reading, so the first time takes two of them.
Result<std::shared_ptr<const Gate::State>> Gate::Read() {
  std::vector<std::string> stamped;
  std::vector<std::string> files;
  Result<WebConfig> config;
  for (int attempt = 0; attempt < 3; ++attempt) {
    stamps_ = FileStamps(stamped);
    config = LoadWebConfig(path_, files);
    if (files == stamped) break;
    stamped = files;
  }
  if (!config) return tl::unexpected(config.error());
  auto state = std::make_shared<State>();
  state->config = std::move(*config);
  if (const auto& limit = state->config.rate_limit) {
    // A bucket lives on, or each change of a file would fill it.
    const std::shared_ptr<TokenBucket> old = state_ ? state_->bucket : nullptr;
    state->bucket =
        old && old->limit() == *limit ? old : std::make_shared<TokenBucket>(*limit, Clock::now());
  }
  return state;
}

std::shared_ptr<const Gate::State> Gate::Current() {
  const std::lock_guard lock(mutex_);
  if (path_.empty() || !stamps_.Changed()) return state_;
  auto state = Read();
  if (state && ((*state)->config.tls != nullptr) != uses_tls_) {
    state = Fail(ErrorCode::kParse, path_ + ": TLS can't be switched on or off without a restart");
  }
  const std::string error = state ? "" : state.error().message;
  if (state) state_ = std::move(*state);
  if (error.empty() && !last_error_.empty()) {
    Log(LogLevel::kInfo, "the web configuration is good again", {{"file", path_}});
  } else if (!error.empty() && error != last_error_) {
    Log(LogLevel::kError, "the web configuration is broken, the last good one stays in use",
        {{"error", error}});
  }
  last_error_ = error;
  on_read_(error.empty());
  return state_;
}

std::shared_ptr<SSL_CTX> Gate::TlsContext() { return Current()->config.tls; }

HttpResponse Gate::Handle(const HttpRequest& request, const Handler& handler) {
  const std::shared_ptr<const State> state = Current();
  HttpResponse response = Admit(*state, request, handler);
  for (const auto& [name, value] : state->config.headers) {
    // The configured one wins over a page's own: two of them mean different things to browsers.
    std::erase_if(response.headers, [&](const auto& own) { return own.first == name; });
    response.headers.emplace_back(name, value);
  }
  return response;
}

HttpResponse Gate::Admit(const State& state, const HttpRequest& request, const Handler& handler) {
  if (state.bucket && !state.bucket->Take(Clock::now()))
    return ComeAgain(429, "429 too many requests, see rate_limit of the web configuration");
  const WebUsers& users = state.config.users;
  if (users.empty()) return handler(request);
  const auto credentials = ParseBasicAuth(request.header("Authorization"));
  if (!credentials) return AskForLogin();
  switch (auth_->Check(users, *credentials, request.client)) {
    case BasicAuth::Answer::kGood:
      return handler(request);
    case BasicAuth::Answer::kBusy:
      return ComeAgain(503, "503 too many logins at once");
    case BasicAuth::Answer::kBad:
      break;
  }
  return AskForLogin();
}

}  // namespace replicawatch
