#include "exporters/minio/bucket_knowledge.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace replicawatch::minio {
namespace {

/// ListBuckets cuts the time to milliseconds, and nobody makes a bucket twice in two of them.
bool IsOther(std::optional<double> created, std::optional<double> before) {
  return created && before && std::abs(*created - *before) > 0.002;
}

/// A target is online when each node that has tried reaches it; the slowest latency counts. A node
/// that has had nothing to send has not tried.
std::vector<RemoteTarget> Joined(
    const std::map<std::string, std::vector<RemoteTarget>>& targets_of_nodes) {
  std::map<std::string, RemoteTarget> joined;
  for (const auto& [node, targets] : targets_of_nodes) {
    for (const RemoteTarget& target : targets) {
      RemoteTarget& known = joined.try_emplace(target.arn, target).first->second;
      if (target.online) known.online = *target.online && known.online.value_or(true);
      known.latency_seconds = std::max(known.latency_seconds, target.latency_seconds);
    }
  }
  std::vector<RemoteTarget> list;
  for (auto& [arn, target] : joined) list.push_back(std::move(target));
  return list;
}

/// Takes over what the answer has.
template <class T>
void Replace(std::optional<T>& known, const std::optional<T>& fresh) {
  if (fresh) known = fresh;
}

}  // namespace

BucketKnowledge::BucketKnowledge(const BucketSettings& settings)
    : settings_(settings), buckets_(settings.declared.size()) {
  for (size_t i = 0; i < buckets_.size(); ++i) index_[settings.declared[i].name] = i;
}

std::vector<size_t> BucketKnowledge::TakeList(const std::vector<ListedBucket>& list) {
  std::vector<bool> seen(buckets_.size(), false);
  for (const ListedBucket& listed : list) {
    const auto found = index_.find(listed.name);
    if (found == index_.end()) continue;
    seen[found->second] = true;
    TakeListed(buckets_[found->second], listed);
  }
  NoteUnexpected(list);
  std::vector<size_t> missing;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) missing.push_back(i);
  }
  return missing;
}

void BucketKnowledge::TakeListed(Bucket& bucket, const ListedBucket& listed) {
  const std::optional<double> before =
      bucket.created_seconds ? bucket.created_seconds : bucket.former_seconds;
  if (IsOther(listed.created_seconds, before)) {
    const double recreations = bucket.recreations + 1;
    bucket = Bucket();
    bucket.recreations = recreations;
  }
  arrival_ |= bucket.exists != true;
  bucket.exists = true;
  // The same time by another list is a little different, which would look like a change.
  if (!bucket.created_seconds)
    bucket.created_seconds = bucket.former_seconds ? bucket.former_seconds : listed.created_seconds;
  Replace(bucket.state.versioning, listed.versioning);
  Replace(bucket.state.locking, listed.locking);
  Replace(bucket.state.quota_bytes, listed.quota_bytes);
  Replace(bucket.bytes, listed.bytes);
  Replace(bucket.objects, listed.objects);
  if (!listed.replication) return;
  bucket.replicates = *listed.replication;
  if (bucket.replicates) return;
  bucket.replication.reset();
  bucket.targets.clear();
}

void BucketKnowledge::NoteUnexpected(const std::vector<ListedBucket>& list) {
  if (!settings_.unexpected) return;
  unexpected_names_.clear();
  for (const ListedBucket& listed : list) {
    if (!index_.contains(listed.name) && !settings_.not_looked_at.contains(listed.name))
      unexpected_names_.push_back(listed.name);
  }
  unexpected_ = unexpected_names_.size();
  std::sort(unexpected_names_.begin(), unexpected_names_.end());
  if (unexpected_names_.size() > settings_.most_unexpected)
    unexpected_names_.resize(settings_.most_unexpected);
}

void BucketKnowledge::TakeGone(size_t bucket) {
  Bucket gone;
  gone.exists = false;
  // When it comes back, with another date, it was made anew.
  gone.former_seconds = buckets_[bucket].created_seconds ? buckets_[bucket].created_seconds
                                                         : buckets_[bucket].former_seconds;
  gone.recreations = buckets_[bucket].recreations;
  // Copied, not moved: of a move g++ 14 warns that an empty optional was never written.
  buckets_[bucket] = gone;
}

void BucketKnowledge::TakeVersioning(size_t bucket, Versioning versioning) {
  buckets_[bucket].state.versioning = versioning;
}

void BucketKnowledge::TakeLock(size_t bucket, const ObjectLock& lock) {
  buckets_[bucket].state.locking = lock.enabled;
  buckets_[bucket].state.retention = lock.retention;
}

void BucketKnowledge::TakeDocument(size_t bucket, BucketAspect aspect, std::string canonical) {
  buckets_[bucket].state.documents[aspect] = std::move(canonical);
}

void BucketKnowledge::TakeReplication(size_t bucket, ReplicationMetrics metrics) {
  buckets_[bucket].replication = std::move(metrics);
}

void BucketKnowledge::TakeTargets(size_t bucket, const std::string& node,
                                  std::vector<RemoteTarget> targets) {
  buckets_[bucket].targets[node] = std::move(targets);
}

void BucketKnowledge::KeepTargetsOf(size_t bucket, const std::vector<std::string>& nodes) {
  std::erase_if(buckets_[bucket].targets, [&](const auto& entry) {
    return std::find(nodes.begin(), nodes.end(), entry.first) == nodes.end();
  });
}

void BucketKnowledge::TakeUploads(size_t bucket, const std::vector<Upload>& uploads,
                                  size_t unconfirmed_keys) {
  ForgetUploads(bucket);
  Bucket& known = buckets_[bucket];
  std::set<std::string> ids;
  for (const Upload& upload : uploads) {
    ids.insert(upload.id);
    known.upload_keys.insert(upload.key);
    if (!upload.initiated_seconds) continue;
    known.oldest_upload_seconds = std::min(
        known.oldest_upload_seconds.value_or(*upload.initiated_seconds), *upload.initiated_seconds);
  }
  known.uploads = ids.size();
  known.unconfirmed_keys = unconfirmed_keys;
}

void BucketKnowledge::Forget(size_t bucket, BucketAspect aspect) {
  BucketState& state = buckets_[bucket].state;
  if (aspect == BucketAspect::kVersioning) state.versioning.reset();
  if (aspect == BucketAspect::kLock) state.retention.reset();
  state.documents.erase(aspect);
}

void BucketKnowledge::ForgetUploads(size_t bucket) {
  Bucket& known = buckets_[bucket];
  known.uploads.reset();
  known.unconfirmed_keys = 0;
  known.oldest_upload_seconds.reset();
  known.upload_keys.clear();
}

BucketFacts BucketKnowledge::Facts() const {
  BucketFacts facts;
  facts.left_out = settings_.not_looked_at.size();
  facts.unexpected = unexpected_;
  facts.unexpected_names = unexpected_names_;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    const DeclaredBucket& declared = settings_.declared[i];
    const Bucket& known = buckets_[i];
    BucketFact fact;
    fact.name = declared.name;
    fact.exists = known.exists;
    fact.recreations = known.recreations;
    if (known.exists == false) {
      facts.buckets.push_back(std::move(fact));
      continue;
    }
    fact.created_seconds = known.created_seconds;
    fact.drift = CompareBucket(declared, known.state);
    fact.bytes = known.bytes;
    fact.objects = known.objects;
    fact.uploads = known.uploads;
    fact.unconfirmed_keys = known.unconfirmed_keys;
    fact.oldest_upload_seconds = known.oldest_upload_seconds;
    fact.replication = known.replication;
    fact.targets = Joined(known.targets);
    facts.buckets.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace replicawatch::minio
