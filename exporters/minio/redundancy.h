#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporters/minio/canary_view.h"
#include "exporters/minio/nodes.h"
#include "exporters/minio/parse/heal_status.h"
#include "exporters/minio/settings.h"

namespace replicawatch::minio {

/// Looks for under-replicated data in a small ring of objects. Each round writes one of them and
/// reads none: to read one would have it repaired. Then a heal run that only looks tells how many
/// shards each has. An object that misses some is not written again before it has them all, so what
/// an outage has done stays to be seen until the cluster has healed it. Of the client's thread.
class RedundancyProbe {
 public:
  /// Must outlive it: all of them.
  RedundancyProbe(HttpClient& client, const S3Key* key, const CanarySettings& settings);

  /// Begins what is due, at the node that last answered well, and returns when the next thing will
  /// be.
  TimePoint Tick(const Nodes& nodes, TimePoint now);

  /// Nothing before the first look has ended.
  std::optional<RedundancyView> Look(TimePoint now) const;

 private:
  enum class Step { kIdle, kAsking, kPausing };

  void Begin(TimePoint now);
  std::optional<std::string> NextKey();
  void Ask(Request request, void (RedundancyProbe::*take)(const FetchReply&));
  void TakePut(const FetchReply& reply);
  void TakeStart(const FetchReply& reply);
  void TakeStatus(const FetchReply& reply);
  void StartLook();
  void Fail(const Error& error);
  void Finish();

  const CanarySettings& settings_;
  const std::string ring_;  // the prefix of its keys
  Source source_;
  Step step_ = Step::kIdle;
  TimePoint due_;
  TimePoint give_up_;             // on this round
  std::set<std::string> failed_;  // nodes that could not answer since the last success
  size_t next_slot_ = 0;
  std::string token_;
  std::vector<HealedObject> found_;  // in this round
  std::set<std::string> torn_;       // objects that miss shards
  std::optional<RedundancyView> view_;
  std::optional<TimePoint> looked_;  // when the numbers in view_ were found
};

}  // namespace replicawatch::minio
