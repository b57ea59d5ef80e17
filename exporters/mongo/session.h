#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "exporters/mongo/settings.h"

namespace replicawatch::mongo {

/// `key: value`, or, with `without`, `key: {name: false, ...}`, which leaves these parts of a
/// section out.
struct CommandOption {
  const char* key;
  int value = 1;
  std::span<const char* const> without = {};
};

/// A command: {name: 1, key: value, ...}, or with `argument` {name: argument, ...}. Does not own
/// what it points to. What a server named goes into `argument` only, never into `more`.
struct Command {
  const char* name;
  std::span<const CommandOption> options = {};
  const char* database = "admin";
  const char* argument = nullptr;
  const char* more = nullptr;  ///< further fields, an object of extended JSON
};

/// One raw answer and when it came: BSON, refusals ({ok: 0}) included.
struct Reply {
  std::string bson;
  TimePoint sent;
  TimePoint received;
};

/// Talks to one node. Blocks; used by one thread at a time.
class Session {
 public:
  virtual ~Session() = default;

  /// Sends one command and returns the answer. Connects and logs in when there is no connection,
  /// and once more when a connection that had served turns out to be closed. maxTimeMS is made
  /// from the deadline. The call may outlast it: only the driver's own time-out (kCallLimit) ends
  /// a wait for a silent node.
  ///
  /// Errors: kConnect, kTimeout, kAuth (the login failed), kProtocol, kUnsupported.
  virtual Result<Reply> Run(const Command& command, Deadline deadline) = 0;
};

/// Opens sessions to one address, with or without the login.
using SessionFactory = std::function<std::unique_ptr<Session>(bool with_login)>;

/// A call to a silent node ends after this time; the budget of a scrape ends the waiting for it
/// earlier. Longer than any scrape's usual budget, so that a slow answer is not cut off.
constexpr auto kCallLimit = std::chrono::seconds(10);

/// The real one, over libmongoc: a single-threaded client with directConnection. Does not connect
/// before the first Run().
SessionFactory MongocSessions(const Settings& settings, const std::string& address);

/// The code for an error text of libmongoc, which has one number for most of what can go wrong.
/// `is_auth`: libmongoc says that the login failed. `timed_out`: the call took its whole limit.
ErrorCode ClassifyDriverError(std::string_view message, bool is_auth, bool timed_out);

}  // namespace replicawatch::mongo
