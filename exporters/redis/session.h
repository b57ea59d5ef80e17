#pragma once

#include <hiredis/hiredis.h>
#include <poll.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/net/resolver.h"
#include "common/net/tls_client.h"
#include "exporters/redis/parse/address.h"
#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

struct Login {
  std::string user;  ///< empty: the server's default user
  Secret password;   ///< empty: no AUTH is sent
};

/// The words of a command.
using Command = std::vector<std::string_view>;

/// One kept connection to one node. It never blocks: the owner's loop polls its descriptor and
/// calls Advance(). Commands are pipelined; each gets its answer or an error exactly once. Logs in
/// once per connection. Belongs to one thread.
///
/// A kept connection that the node closes says nothing about the node: Sentinel kills all clients
/// of a replica that it promotes or points to another master. So what was under way is sent once
/// more over a new connection. Send only what may be asked twice.
class Session {
 public:
  using Handler = std::function<void(const Result<Reply>&)>;
  using MessageHandler = std::function<void(const Reply&)>;

  Session(HostPort address, Resolver& resolver);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Used from the next connection on. Unless `keep_pause`, that one need not wait out the pause
  /// after a refused login.
  void SetLogin(const Login* login, bool keep_pause = false) {
    login_ = login;
    if (!keep_pause) next_attempt_ = {};
  }

  /// The database that each connection selects after its login.
  void SetDatabase(int database) { database_ = database; }

  /// From the next connection on a replica of a Cluster answers about its keys itself.
  void SetReadOnly() { read_only_ = true; }

  /// Used from the next connection on; null: no TLS.
  void SetTls(const TlsClient* tls) { tls_ = tls; }

  /// Sends a command, connecting first if need be. Right after a failed attempt the handler gets
  /// that failure at once.
  void Send(const Command& command, Handler handler);

  /// Turns the connection into a subscription: all later answers are messages. It lasts as long as
  /// the connection.
  void Subscribe(std::string_view channel, MessageHandler on_message, Handler on_end);

  /// Hands over to the network what can go now, so that no poll has to say first that it can.
  /// Optional: Advance() does it as well.
  void Flush();

  /// What to poll for; fd is -1 when there is nothing to wait for but time.
  pollfd Interest() const;
  /// Does what can be done now without waiting. Call after each poll, and at least each 100 ms.
  void Advance(short events, TimePoint now);

  /// Since when the node owes an answer or a connection; nothing when it owes none. Survives a
  /// reconnection: only an answer, or a clear refusal, ends a silence.
  std::optional<TimePoint> silent_since() const { return silent_since_; }

  /// How often the node has refused a login, or wanted one. What is sent in the pause after it gets
  /// the same error, and is no refusal.
  unsigned refusals() const { return refusals_; }

  /// Drops the connection; commands under way get `error`.
  void Disconnect(const Error& error, Duration pause);

 private:
  enum class State { kIdle, kResolving, kConnecting, kConnected };

  struct Pending {
    std::string command;  // as it goes over the wire; empty for the login, which is not sent again
    Handler handler;
  };

  void StartConnecting(TimePoint now);
  void OpenSocket(const std::string& address);
  void FinishConnecting();
  void SendLogin();
  void Append(Pending pending);
  bool StartTls();
  bool CanWrite() const;
  bool Write();
  void Read();
  void Dispatch(Reply reply);
  Error IoError(std::string_view doing) const;
  void Lost(const Error& error);
  void Close();

  struct ContextDeleter {
    void operator()(redisContext* context) const { redisFree(context); }
  };

  const HostPort address_;
  const std::string name_;
  Resolver& resolver_;
  const Login* login_ = nullptr;
  const TlsClient* tls_ = nullptr;
  int database_ = 0;
  bool read_only_ = false;

  State state_ = State::kIdle;
  std::unique_ptr<redisContext, ContextDeleter> context_;
  ssl_st* secured_ = nullptr;    // the connection's TLS session, which context_ owns
  std::deque<Pending> waiting_;  // sent, in the order of their answers
  std::deque<Pending> unsent_;   // until there is a connection
  MessageHandler on_message_;
  size_t answer_bytes_ = 0;  // read of the answer that is not whole yet
  bool wants_write_ = false;
  bool write_needs_read_ = false;  // a handshake has to go on first
  bool answered_ = false;          // something valid came over this connection
  bool sent_again_ = false;  // what waits was under way already when the last connection was lost
  std::optional<TimePoint> silent_since_;
  unsigned refusals_ = 0;
  TimePoint attempt_started_;
  TimePoint next_attempt_;
  Error last_error_;
};

}  // namespace replicawatch::redis
