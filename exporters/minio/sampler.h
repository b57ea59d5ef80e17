#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "exporters/minio/inventory.h"
#include "exporters/minio/nodes.h"

namespace replicawatch::minio {

/// Reads the aggregate answers of the admin API in the background: storageinfo every 10 s, info
/// every 30 s, soon after a node's state changed. Never inside a scrape: with one node hung they
/// take 10 to 40 s. One call at a time, with a short limit, at the node that last answered well;
/// the next node on failure. The last good answers serve. Of the client's thread.
class Sampler {
 public:
  /// `key` null: there is nothing that may be asked. Both must outlive the sampler.
  Sampler(HttpClient& client, const S3Key* key) : client_(client), key_(key) {}

  /// Begins what is due and returns when the next thing will be.
  TimePoint Tick(Nodes& nodes, TimePoint now);

  /// A node came or went: what is known is out of date.
  void NoteChange(TimePoint now);

  /// Null before the first good answer.
  const Inventory* inventory() const { return inventory_ ? &*inventory_ : nullptr; }
  std::optional<double> InventoryAge(TimePoint now) const;
  /// The first inventory is there, or every node that could give it has been asked in vain.
  bool settled() const { return key_ == nullptr || inventory_ || gave_up_; }
  /// True once for each new inventory.
  bool TakeNew() { return std::exchange(new_, false); }

 private:
  struct Call {
    Request (*request)() = nullptr;
    TimePoint due;
    Duration interval;
    std::set<std::string> failed;  // nodes that could not answer in this round
  };

  bool Begin(Call& call, Nodes& nodes, TimePoint now);
  void Finish(Call& call, Nodes& nodes, TimePoint started, const Result<FetchReply>& reply);
  Result<void> TakeAnswer(const Call& call, Nodes& nodes, TimePoint started,
                          const FetchReply& reply);
  void HandleStorageFailure(Nodes& nodes, const Error& error, bool own_fault, TimePoint now);
  void HandleInfoFailure(const Error& error);
  Duration Interval(const Call& call, TimePoint now) const;

  HttpClient& client_;
  const S3Key* const key_;
  Call storage_{AskStorageInfo, TimePoint(), std::chrono::seconds(10), {}};
  Call info_{AskServerInfo, TimePoint(), std::chrono::seconds(30), {}};
  std::unique_ptr<Session> session_;  // with the node that was asked last
  bool running_ = false;
  TimePoint eager_until_;
  std::optional<Inventory> inventory_;
  TimePoint inventory_time_;
  bool gave_up_ = false;
  bool new_ = false;
  bool info_refused_ = false;
};

}  // namespace replicawatch::minio
