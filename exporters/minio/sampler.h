#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "exporters/minio/healing_pace.h"
#include "exporters/minio/inventory.h"
#include "exporters/minio/nodes.h"

namespace replicawatch::minio {

/// Reads the aggregate answers of the admin API in the background: storageinfo every 10 s, info and
/// metrics every 30 s, soon after a node's state changed. Never inside a scrape: with one node hung
/// they take 10 to 40 s. One call at a time, with a short limit, at the node that last answered
/// well; the next node on failure. The last good answers serve. Of the client's thread.
class Sampler {
 public:
  /// `key` null: there is nothing that may be asked. Both must outlive the sampler.
  Sampler(HttpClient& client, const S3Key* key) : key_(key), source_(client, key) {}

  /// Begins what is due and returns when the next thing will be.
  TimePoint Tick(Nodes& nodes, TimePoint now);

  /// A node came or went: what is known is out of date.
  void NoteChange(TimePoint now);

  /// Null before the first good answer.
  const Inventory* inventory() const { return inventory_ ? &*inventory_ : nullptr; }
  std::optional<double> InventoryAge(TimePoint now) const;
  const ClusterFacts& cluster_facts() const { return cluster_facts_; }
  /// The first inventory is there, or every node that could give it has been asked in vain.
  bool settled() const { return key_ == nullptr || inventory_ || gave_up_; }
  /// True once for each new inventory.
  bool TakeNew() { return std::exchange(new_, false); }

 private:
  using Take = Result<void> (Sampler::*)(Nodes& nodes, TimePoint started, const FetchReply& reply);

  struct Call {
    std::string_view name;
    Request (*request)();
    Take take;
    Duration interval;
    TimePoint due{};
    std::set<std::string> failed{};  // nodes that could not answer in this round
    bool said_refused = false;
  };

  bool Begin(Call& call, Nodes& nodes, TimePoint now);
  void Finish(Call& call, Nodes& nodes, TimePoint started, const Result<FetchReply>& reply);
  Result<void> TakeStorage(Nodes& nodes, TimePoint started, const FetchReply& reply);
  Result<void> TakeInfo(Nodes& nodes, TimePoint started, const FetchReply& reply);
  Result<void> TakeMetrics(Nodes& nodes, TimePoint started, const FetchReply& reply);
  void HandleStorageFailure(Nodes& nodes, const Error& error, bool own_fault, TimePoint now);
  void HandleDetailFailure(Call& call, const Error& error, TimePoint now);
  Duration Interval(const Call& call, TimePoint now) const;

  const S3Key* const key_;
  Call storage_{"storageinfo", AskStorageInfo, &Sampler::TakeStorage, std::chrono::seconds(10)};
  Call info_{"info", AskServerInfo, &Sampler::TakeInfo, std::chrono::seconds(30)};
  Call metrics_{"metrics", AskRealtimeMetrics, &Sampler::TakeMetrics, std::chrono::seconds(30)};
  Source source_;
  bool running_ = false;
  TimePoint eager_until_;
  std::optional<Inventory> inventory_;
  TimePoint inventory_time_;
  bool gave_up_ = false;
  bool new_ = false;
  HealingPace healing_pace_;
  ClusterFacts cluster_facts_;
};

}  // namespace replicawatch::minio
