#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "common/base/secret.h"

namespace replicawatch {

/// An access key of an S3 service, with which a request is signed (AWS Signature Version 4).
struct S3Key {
  std::string access_key;
  Secret secret_key;
  std::string region = "us-east-1";
};

enum class HttpMethod : uint8_t { kGet, kHead, kPut, kPost, kDelete };

/// A request. With a key, the URL's query has to be canonical already: `name=` also for an empty
/// value, sorted by name, percent-encoded with upper-case hex. libcurl 7.88 signs it as it stands,
/// newer ones put it in this very form.
struct Fetch {
  std::string url;               ///< http or https only; redirects are not followed
  const S3Key* key = nullptr;    ///< null: not signed; must outlive the transfer
  Deadline deadline;             ///< for everything: look-up, connect, TLS, answer
  size_t max_bytes = 64 * 1024;  ///< of the answer's body; a longer one is ErrorCode::kLimit
  HttpMethod method = HttpMethod::kGet;
  std::string body{};     ///< of kPut and kPost
  Secret bearer_token{};  ///< empty: none; not together with a key
  /// To look at certificates: a connection of its own, closed after the answer, on which any
  /// certificate is taken. Never with a key or a token.
  bool any_certificate = false;
};

/// What came back, of any status. Times are from the start of the transfer.
struct FetchReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names as the server wrote them
  std::string body;
  /// https on a new connection: when the first certificate of the chain ends, in seconds since
  /// 1970.
  std::optional<int64_t> certificate_end;
  Duration sent{};   ///< when the request went out: after look-up, connect and TLS
  Duration first{};  ///< when the first byte of the answer came
  Duration total{};
};

/// Many HTTP transfers at once on one thread, by libcurl's multi interface. Keeps connections, one
/// a server in most cases, and re-opens them by itself. Owned and driven by one thread; only Wake()
/// may be called from others.
///
/// Errors: refused, unreachable, unknown name or untrusted certificate -> kConnect; deadline ->
/// kTimeout; no HTTP or no TLS, or cut off in the answer -> kProtocol; too long -> kLimit. A status
/// of 400 and more is a reply, not an error. Messages name no secret.
class HttpClient {
 public:
  struct Options {
    std::string ca_file;  ///< PEM; empty: the system's. Read for https only
  };
  using Done = std::function<void(Result<FetchReply>)>;
  using Id = uint64_t;

  explicit HttpClient(Options options);
  ~HttpClient();  ///< drops what is under way, without a call of its `done`
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Begins a transfer and never waits. `done` is called from Run(), once, and may start others.
  Id Start(const Fetch& fetch, Done done);

  /// Gives a transfer up: its `done` is not called any more. Nothing happens when it has ended.
  void Cancel(Id id);

  /// Moves all transfers, waits until something happened, Wake() was called or `until` has come,
  /// and calls `done` of those that ended.
  void Run(TimePoint until);

  /// Makes Run() return soon. From any thread.
  void Wake();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace replicawatch
