#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/minio/bucket_question.h"
#include "exporters/minio/nodes.h"

namespace replicawatch::minio {

/// Looks at the declared buckets in the background: the list of all buckets at least once a minute,
/// and in rounds, of which each 404 counts in MinIO's own statistics, the documents of each bucket,
/// its replication and its multipart uploads. One question at a time, with a limit of 5 s, at the
/// node that last answered well; the next node on failure. What is refused is not asked again for
/// an hour. The last good answers serve. Of the client's thread.
class BucketSurvey {
 public:
  /// `key` null, or nothing declared: nothing is asked. All must outlive the survey.
  BucketSurvey(HttpClient& client, const S3Key* key, const BucketSettings& settings);

  /// Begins what is due and returns when the next thing will be.
  TimePoint Tick(Nodes& nodes, TimePoint now);

  /// Null while nothing is known.
  std::shared_ptr<const BucketFacts> Facts();
  BucketAges Ages(TimePoint now) const;

 private:
  /// The multipart uploads of one bucket while they are looked for: first each node is asked what
  /// it has in its memory, then the drives for each of these keys.
  struct Hunt {
    std::set<std::string> keys;
    std::vector<Upload> found;
    size_t unconfirmed = 0;
    bool confirming = false;
    bool complete = true;
  };
  /// When buckets may be asked again what was refused.
  using Refusals = std::map<size_t, TimePoint>;

  void BeginRound(const Nodes& nodes, TimePoint now);
  void AddQuestions(size_t bucket, const std::vector<std::string>& nodes, TimePoint now);
  void EndRound(TimePoint now);
  Duration ListInterval() const;
  bool Ask(Nodes& nodes, TimePoint now);
  void GiveUp(TimePoint now);
  void Finish(TimePoint started, const Result<FetchReply>& reply);
  void HandleSilence(const Error& error);
  void HandleRefusal(const BucketQuestion& question, const Error& error, TimePoint now);
  void Refuse(const BucketQuestion& question, const Error& error, TimePoint now);
  void Allow(const BucketQuestion& question);
  bool IsRefused(const BucketQuestion& question, TimePoint now) const;
  Result<void> Take(const BucketQuestion& question, const FetchReply& reply, TimePoint started);
  Result<void> TakeList(const BucketQuestion& question, const FetchReply& reply, TimePoint started);
  Result<void> TakeUploads(const BucketQuestion& question, const FetchReply& reply);
  void AdvanceHunt(size_t bucket);

  const S3Key* const key_;
  const BucketSettings& settings_;
  BucketKnowledge known_;
  std::shared_ptr<const BucketFacts> facts_;  // null: to be made anew
  Source source_;
  bool running_ = false;
  std::deque<BucketQuestion> queue_;  // the first is the one that is asked
  std::set<std::string> failed_;      // nodes that could not answer it
  std::optional<TimePoint> list_due_;
  TimePoint account_due_;  // no accountinfo before
  TimePoint round_due_;
  std::optional<TimePoint> round_;  // began then
  bool round_complete_ = true;
  Hunt hunt_;
  std::map<std::string_view, Refusals> refused_;  // by topic
  std::optional<TimePoint> list_time_;
  std::optional<TimePoint> account_time_;
  std::optional<TimePoint> documents_time_;
  bool account_failed_ = false;
};

}  // namespace replicawatch::minio
