#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/minio/bucket_drift.h"
#include "exporters/minio/bucket_facts.h"

namespace replicawatch::minio {

/// All that the answers so far have told of the declared buckets: each stays until a newer one
/// comes, or the bucket is gone. No I/O and no clock. Buckets are named by their index in the
/// settings, which must outlive it.
class BucketKnowledge {
 public:
  explicit BucketKnowledge(const BucketSettings& settings);

  /// Takes over a list of buckets. Returns the declared ones that it does not have: gone, or such
  /// as the key may do nothing in.
  std::vector<size_t> TakeList(const std::vector<ListedBucket>& list);
  /// The bucket is not there: what was known of it is void.
  void TakeGone(size_t bucket);
  /// It is there, though no list has it.
  void TakePresent(size_t bucket) { buckets_[bucket].exists = true; }
  /// True once after a declared bucket appeared in a list, or was there as another one.
  bool TakeArrival() { return std::exchange(arrival_, false); }

  void TakeVersioning(size_t bucket, Versioning versioning);
  void TakeLock(size_t bucket, const ObjectLock& lock);
  void TakeDocument(size_t bucket, BucketAspect aspect, std::string canonical);
  void TakeReplication(size_t bucket, ReplicationMetrics metrics);
  void TakeTargets(size_t bucket, const std::string& node, std::vector<RemoteTarget> targets);
  /// What other nodes said of the targets is out of date.
  void KeepTargetsOf(size_t bucket, const std::vector<std::string>& nodes);
  void TakeUploads(size_t bucket, const std::vector<Upload>& uploads, size_t unconfirmed_keys);
  /// What may not be asked is not known any more.
  void Forget(size_t bucket, BucketAspect aspect);
  void ForgetExistence(size_t bucket) { buckets_[bucket].exists.reset(); }
  void ForgetReplication(size_t bucket) { buckets_[bucket].replication.reset(); }
  void ForgetTargets(size_t bucket) { buckets_[bucket].targets.clear(); }
  void ForgetUploads(size_t bucket);

  bool gone(size_t bucket) const { return buckets_[bucket].exists == false; }
  bool replicates(size_t bucket) const { return buckets_[bucket].replicates; }
  /// The keys that had uploads when they were last looked for.
  const std::set<std::string>& upload_keys(size_t bucket) const {
    return buckets_[bucket].upload_keys;
  }

  /// All but what is refused.
  BucketFacts Facts() const;

 private:
  struct Bucket {
    std::optional<bool> exists;
    std::optional<double> created_seconds;
    std::optional<double> former_seconds;  // as it was before the bucket was gone
    double recreations = 0;
    BucketState state;
    bool replicates = false;
    std::optional<double> bytes;
    std::optional<double> objects;
    std::optional<size_t> uploads;
    size_t unconfirmed_keys = 0;
    std::optional<double> oldest_upload_seconds;
    std::set<std::string> upload_keys;
    std::optional<ReplicationMetrics> replication;
    std::map<std::string, std::vector<RemoteTarget>> targets;  // by the node that sees them so
  };

  void TakeListed(Bucket& bucket, const ListedBucket& listed);
  void NoteUnexpected(const std::vector<ListedBucket>& list);

  const BucketSettings& settings_;
  std::map<std::string, size_t, std::less<>> index_;
  std::vector<Bucket> buckets_;  // as in the settings
  bool arrival_ = false;
  std::optional<size_t> unexpected_;
  std::vector<std::string> unexpected_names_;
};

}  // namespace replicawatch::minio
