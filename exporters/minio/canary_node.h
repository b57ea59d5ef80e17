#pragma once

#include <string>

#include "exporters/minio/canary_view.h"
#include "exporters/minio/session.h"
#include "exporters/minio/settings.h"

namespace replicawatch::minio {

/// The canary's rounds through one node: PUT, GET, HEAD, DELETE, one after the other, each with a
/// limit of its own. Of the client's thread.
///
/// A node has three keys, written in turn. What was written is read back and compared; then the key
/// of the round before is deleted. So one object always stays, and when a PUT fails GET and HEAD
/// still show whether data can be read. There is no DELETE in a round in which anything failed:
/// without write quorum MinIO would hold it for 76 s (seen with the release of February 2026). A
/// broken connection ends the round, and so does a time-out, but for that of PUT. The key is not
/// written for a while then: the server may hold a lock on it long after its fault has ended.
class CanaryNode {
 public:
  /// All references must outlive it.
  CanaryNode(HttpClient& client, const NodeAddress& address, const S3Key* key,
             const CanarySettings& settings);

  const NodeAddress& address() const { return session_.address(); }
  bool running() const { return running_; }

  void Begin();
  CanaryNodeView Look(TimePoint now) const;

 private:
  static constexpr size_t kSlots = 3;

  std::string Key(size_t slot) const;
  size_t NextSlot() const;
  void Ask(CanaryOperation operation);
  void Finish(CanaryOperation operation, TimePoint started, const Result<FetchReply>& reply);
  /// What is asked after it, if anything.
  void Continue(CanaryOperation operation, bool success);
  void AvoidKey(CanaryOperation operation);
  void End();

  const CanarySettings& settings_;
  Session session_;
  std::array<CanaryOutcome, kCanaryOperations> outcomes_{};
  std::optional<TimePoint> ended_;
  // Of this round:
  bool running_ = false;
  bool written_ = false;
  std::array<bool, kCanaryOperations> asked_{};
  size_t slot_ = 0;  // the key that is written
  std::string content_;

  std::optional<size_t> old_slot_;  // the key that stays
  std::string old_content_;
  std::array<TimePoint, kSlots> avoid_until_{};
};

}  // namespace replicawatch::minio
