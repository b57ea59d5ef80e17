#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "exporters/minio/node.h"

namespace replicawatch::minio {

using Nodes = std::map<std::string, std::unique_ptr<Node>>;  // by name

/// The node that questions about the whole cluster go to, and the session with it. Of the client's
/// thread.
class Source {
 public:
  /// Both must outlive it; a null key signs nothing.
  Source(HttpClient& client, const S3Key* key) : client_(client), key_(key) {}

  /// Chooses the one chosen before, which answered the last question, if it still can; else one
  /// that sees a quorum; else any that may serve, members of the deployment and seeds alike. Not
  /// one of `failed`; false when there is none left.
  bool Choose(const Nodes& nodes, const std::set<std::string>& failed);
  /// Chooses this one.
  void Choose(const Node& node);

  // Of the node that is chosen; there has to be one.
  Session& session() { return *session_; }
  const std::string& name() const { return session_->address().name; }

 private:
  HttpClient& client_;
  const S3Key* key_;
  std::unique_ptr<Session> session_;
};

}  // namespace replicawatch::minio
