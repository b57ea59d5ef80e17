#include "exporters/redis/session.h"

#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "exporters/redis/resp.h"

namespace replicawatch::redis {
namespace {

/// After a failed attempt the next one waits this long; after a refused login longer, since each
/// try is an entry in the server's ACL log.
constexpr auto kRetryPause = std::chrono::milliseconds(200);
constexpr auto kLoginPause = std::chrono::seconds(10);
/// A connection that has been silent this long is given up for a new one: its other end may be gone
/// without a word.
constexpr auto kReconnectAfter = std::chrono::seconds(15);
/// INFO of a node with thousands of clients and keyspaces is far below; a broken peer must not fill
/// our memory.
constexpr size_t kMaxAnswerBytes = 16U << 20;

/// A command as it goes over the wire.
std::string Format(const Command& command) {
  std::string out = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string_view part : command) {
    out += '$';
    out += std::to_string(part.size());
    out += "\r\n";
    out += part;
    out += "\r\n";
  }
  return out;
}

}  // namespace

Session::Session(HostPort address, Resolver& resolver)
    : address_(std::move(address)),
      name_(address_.port == 0 ? std::string(kUnixScheme) + address_.host
                               : JoinAddress(address_.host, std::to_string(address_.port))),
      resolver_(resolver) {}

Session::~Session() = default;

void Session::Send(const Command& command, Handler handler) {
  const TimePoint now = Clock::now();
  if (state_ == State::kIdle && now >= next_attempt_) StartConnecting(now);
  if (state_ == State::kIdle) {
    handler(tl::unexpected(last_error_));
    return;
  }
  if (!silent_since_) silent_since_ = now;
  Pending pending{Format(command), std::move(handler)};
  if (state_ == State::kConnected) {
    Append(std::move(pending));
  } else {
    unsent_.push_back(std::move(pending));
  }
}

void Session::Subscribe(std::string_view channel, MessageHandler on_message, Handler on_end) {
  on_message_ = std::move(on_message);
  Send({"SUBSCRIBE", channel}, [this, on_end = std::move(on_end)](const Result<Reply>& reply) {
    if (reply && !reply->is_error()) {
      // The place in the queue stays taken until the connection ends.
      waiting_.push_front({{}, on_end});
      silent_since_.reset();
      return;
    }
    on_message_ = nullptr;
    on_end(reply);
  });
}

void Session::StartConnecting(TimePoint now) {
  state_ = State::kResolving;
  attempt_started_ = now;
  answered_ = false;
  if (!silent_since_) silent_since_ = now;
  // A numeric address, the usual case, goes straight on.
  Advance(0, now);
}

void Session::OpenSocket(const std::string& address) {
  context_.reset(address_.port == 0 ? redisConnectUnixNonBlock(address.c_str())
                                    : redisConnectNonBlock(address.c_str(), address_.port));
  if (!context_ || context_->err != 0) {
    const std::string why = context_ ? context_->errstr : "out of memory";
    Disconnect({ErrorCode::kConnect, "can't connect to " + name_ + ": " + why}, kRetryPause);
    return;
  }
  BuildReplies(*context_->reader);
  state_ = State::kConnecting;
  wants_write_ = true;
}

void Session::FinishConnecting() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) {
    silent_since_.reset();
    Disconnect({ErrorCode::kConnect, "can't connect to " + name_ + ": " + std::strerror(error)},
               kRetryPause);
    return;
  }
  if (tls_ != nullptr && address_.port != 0 && !StartTls()) return;
  state_ = State::kConnected;
  SendLogin();
  for (Pending& pending : std::exchange(unsent_, {})) Append(std::move(pending));
}

/// Only begins: the handshake goes on with what is written and read, which waits for it.
bool Session::StartTls() {
  ssl_st* session = tls_->NewSession(address_.host);
  // From here on the connection owns the session, unless it refuses.
  if (session != nullptr && redisInitiateSSL(context_.get(), session) == REDIS_OK) {
    secured_ = session;
    return true;
  }
  const std::string why = session == nullptr ? "out of memory" : TlsFault(session);
  if (session != nullptr) SSL_free(session);
  silent_since_.reset();
  Disconnect({ErrorCode::kConnect, "can't connect to " + name_ + ": " + why}, kLoginPause);
  return false;
}

void Session::SendLogin() {
  const auto send = [this](const Command& command, Handler handler) {
    Append({Format(command), std::move(handler)});
    waiting_.back().command.clear();
  };
  if (login_ != nullptr && !login_->password.empty()) {
    const Handler on_login = [this](const Result<Reply>& reply) {
      // "ERR AUTH called without any password configured": the server wants none, which is no
      // reason to stop.
      if (!reply || !reply->is_error() || reply->ErrorWord() == "ERR") return;
      Disconnect({ErrorCode::kAuth, name_ + " refused the login: " + reply->text}, kLoginPause);
    };
    if (login_->user.empty()) {
      send({"AUTH", login_->password.Reveal()}, on_login);
    } else {
      send({"AUTH", login_->user, login_->password.Reveal()}, on_login);
    }
  }
  send({"CLIENT", "SETNAME", "replicawatch"}, [](const Result<Reply>&) {});
  if (read_only_) send({"READONLY"}, [](const Result<Reply>&) {});
  if (database_ == 0) return;
  send({"SELECT", std::to_string(database_)}, [this](const Result<Reply>& reply) {
    if (!reply || !reply->is_error()) return;
    Disconnect({ErrorCode::kPermission, name_ + " refused the database: " + reply->text},
               kLoginPause);
  });
}

void Session::Append(Pending pending) {
  redisAppendFormattedCommand(context_.get(), pending.command.data(), pending.command.size());
  waiting_.push_back(std::move(pending));
  wants_write_ = true;
}

void Session::Flush() {
  if (CanWrite()) Write();
}

bool Session::CanWrite() const {
  return state_ == State::kConnected && wants_write_ && !write_needs_read_;
}

pollfd Session::Interest() const {
  if (!context_) return {-1, 0, 0};
  const bool can_write = state_ == State::kConnecting || CanWrite();
  const auto events = static_cast<short>(POLLIN | (can_write ? POLLOUT : 0));
  return {context_->fd, events, 0};
}

void Session::Advance(short events, TimePoint now) {
  if (state_ != State::kIdle && silent_since_ &&
      now - std::max(*silent_since_, attempt_started_) > kReconnectAfter) {
    Disconnect({ErrorCode::kTimeout, "no answer from " + name_}, Duration::zero());
    return;
  }
  if (state_ == State::kResolving) {
    if (address_.port == 0) {
      OpenSocket(address_.host);
      return;
    }
    const Resolver::Answer answer = resolver_.Lookup(address_.host);
    if (answer.state == Resolver::State::kPending) return;
    if (answer.address) {
      OpenSocket(*answer.address);
    } else {
      silent_since_.reset();
      Disconnect(answer.address.error(), kRetryPause);
    }
    return;
  }
  if (state_ == State::kConnecting && (events & (POLLOUT | POLLERR | POLLHUP)) != 0)
    FinishConnecting();
  if (state_ != State::kConnected) return;
  if (wants_write_ && !Write()) return;
  if ((events & (POLLIN | POLLERR | POLLHUP)) != 0) Read();
}

bool Session::Write() {
  int done = 0;
  if (redisBufferWrite(context_.get(), &done) != REDIS_OK) {
    Lost(IoError("writing to"));
    return false;
  }
  wants_write_ = done == 0;
  write_needs_read_ = wants_write_ && secured_ != nullptr && SSL_want_read(secured_);
  return true;
}

void Session::Read() {
  const size_t before = context_->reader->len;
  bool failed = redisBufferRead(context_.get()) != REDIS_OK;
  // What TLS has taken off the socket already no poll will tell of.
  while (!failed && secured_ != nullptr && SSL_pending(secured_) > 0)
    failed = redisBufferRead(context_.get()) != REDIS_OK;
  answer_bytes_ += context_->reader->len - before;
  // A handler may drop this connection.
  const redisContext* const reading = context_.get();
  while (context_.get() == reading) {
    Result<std::unique_ptr<Reply>> reply = TakeReply(*context_->reader);
    if (!reply) {
      silent_since_.reset();
      Disconnect({ErrorCode::kProtocol, name_ + " does not speak the Redis protocol"}, kRetryPause);
      return;
    }
    if (*reply == nullptr) break;
    answer_bytes_ = 0;
    Dispatch(std::move(**reply));
  }
  if (context_.get() != reading) return;
  if (failed) {
    Lost(IoError("reading from"));
  } else if (answer_bytes_ > kMaxAnswerBytes) {
    Disconnect({ErrorCode::kLimit, "an answer of " + name_ + " is too large"}, kLoginPause);
  }
}

void Session::Dispatch(Reply reply) {
  answered_ = true;
  if (on_message_ && !reply.is_error() && reply.elements.size() == 3 &&
      reply.elements[0].text == "message") {
    on_message_(reply);
    return;
  }
  if (waiting_.empty()) return;
  const Pending answered = std::move(waiting_.front());
  waiting_.pop_front();
  if (!answered.command.empty()) sent_again_ = false;
  if (waiting_.empty()) {
    silent_since_.reset();
  } else {
    silent_since_ = Clock::now();
  }
  answered.handler(std::move(reply));
}

Error Session::IoError(std::string_view doing) const {
  if (secured_ != nullptr && !answered_)
    return {ErrorCode::kConnect, "can't connect to " + name_ + ": " + TlsFault(secured_)};
  const bool lost = context_->err == REDIS_ERR_EOF || context_->err == REDIS_ERR_IO;
  // A peer that hangs up without ever having answered is most likely no Redis.
  const ErrorCode code = !lost || (!answered_ && context_->err == REDIS_ERR_EOF)
                             ? ErrorCode::kProtocol
                             : ErrorCode::kConnect;
  return {code, std::string(doing) + " " + name_ + ": " + context_->errstr};
}

/// The node ended the connection.
void Session::Lost(const Error& error) {
  silent_since_.reset();
  if (!answered_ || sent_again_ || on_message_) {
    Disconnect(error, kRetryPause);
    return;
  }
  Close();
  unsent_ = std::exchange(waiting_, {});
  std::erase_if(unsent_, [](const Pending& pending) { return pending.command.empty(); });
  sent_again_ = !unsent_.empty();
  if (sent_again_) StartConnecting(Clock::now());
}

void Session::Close() {
  answer_bytes_ = 0;
  context_.reset();
  secured_ = nullptr;
  state_ = State::kIdle;
  wants_write_ = write_needs_read_ = false;
}

void Session::Disconnect(const Error& error, Duration pause) {
  Close();
  sent_again_ = false;
  on_message_ = nullptr;
  last_error_ = error;
  refusals_ += error.code == ErrorCode::kAuth;
  next_attempt_ = Clock::now() + pause;
  if (error.code != ErrorCode::kTimeout) silent_since_.reset();
  // A handler may send again; what it sends belongs to the next connection.
  const auto waiting = std::exchange(waiting_, {});
  const auto unsent = std::exchange(unsent_, {});
  for (const auto& pending : {&waiting, &unsent}) {
    for (const auto& [command, handler] : *pending) handler(tl::unexpected(error));
  }
}

}  // namespace replicawatch::redis
