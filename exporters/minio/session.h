#pragma once

#include <set>

#include "common/net/http_client.h"
#include "exporters/minio/parse/endpoint.h"
#include "exporters/minio/request.h"

namespace replicawatch::minio {

/// Talks to one node and hands back its answers as they came; the one place where this exporter
/// does I/O. Of the client's thread. What is under way at its end is given up.
class Session {
 public:
  /// `client` and `key` must outlive the session; a null key signs nothing.
  Session(HttpClient& client, NodeAddress address, const S3Key* key);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const NodeAddress& address() const { return address_; }

  /// Any answer, whatever its status; errors are those of HttpClient.
  void Ask(Request request, Deadline deadline, HttpClient::Done done);

  /// Nothing that was asked is still to be answered.
  bool idle() const { return running_.empty(); }

 private:
  HttpClient& client_;
  const NodeAddress address_;
  const S3Key* const key_;
  std::set<HttpClient::Id> running_;
};

}  // namespace replicawatch::minio
