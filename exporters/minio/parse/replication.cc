#include "exporters/minio/parse/replication.h"

#include "exporters/minio/parse/json.h"

namespace replicawatch::minio {
namespace {

/// The object at the end of the path; null as soon as one of them isn't there.
const Json* Walk(const Json* object, std::initializer_list<const char*> path) {
  for (const char* name : path) {
    if (object != nullptr) object = FindMember(*object, name);
  }
  return object;
}

std::optional<double> NumberAt(const Json* object, const char* name) {
  return object == nullptr ? std::nullopt : NumberOf(*object, name);
}

void AddTo(std::optional<double>& sum, std::optional<double> part) {
  if (part) sum = sum.value_or(0) + *part;
}

}  // namespace

Result<ReplicationMetrics> ParseReplicationMetrics(std::string_view body) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "replication metrics: " + root.error().message);
  const Json* queues = FindMember(*root, "queueStats");
  if (queues == nullptr || !queues->is_object())
    return Fail(ErrorCode::kParse, "replication metrics: no queueStats");
  ReplicationMetrics metrics;
  for (const Json& node : ListOf(*queues, "nodes")) {
    const Json* current = Walk(&node, {"queueStats", "curr"});
    AddTo(metrics.queued_objects, NumberAt(current, "count"));
    AddTo(metrics.queued_bytes, NumberAt(current, "bytes"));
  }
  const Json* targets = Walk(&*root, {"currStats", "Stats"});
  if (targets == nullptr || !targets->is_object()) return metrics;
  for (const auto& [arn, stats] : targets->items()) {
    const Json* failed = Walk(&stats, {"failed", "lastHour"});
    const auto objects = NumberAt(failed, "count");
    const auto bytes = NumberAt(failed, "bytes");
    if (objects && bytes) metrics.targets.push_back({arn, *objects, *bytes});
  }
  return metrics;
}

Result<std::vector<RemoteTarget>> ParseRemoteTargets(std::string_view body, size_t max_targets) {
  const Result<Json> root = ParseJson(body);
  if (!root) return Fail(root.error().code, "remote targets: " + root.error().message);
  std::vector<RemoteTarget> targets;
  if (root->is_null()) return targets;
  if (!root->is_array()) return Fail(ErrorCode::kParse, "remote targets: no list");
  if (root->size() > max_targets) return Fail(ErrorCode::kLimit, "remote targets: too many");
  for (const Json& entry : *root) {
    RemoteTarget target{TextOf(entry, "arn"), TextOf(entry, "endpoint"),
                        TextOf(entry, "targetbucket"), std::nullopt, std::nullopt};
    if (target.arn.empty()) return Fail(ErrorCode::kParse, "remote targets: one without an ARN");
    // Before its first check, and while it has been away since the server's start, a target is not
    // online and has never been; only in the second case time has added up.
    const bool online = IsTrue(entry, "isOnline");
    const bool checked =
        online || TimeOf(entry, "lastOnline") || NumberOf(entry, "totalDowntime").value_or(0) > 0;
    if (checked) target.online = online;
    const auto latency = NumberAt(FindMember(entry, "latency"), "curr");
    if (latency && *latency > 0) target.latency_seconds = *latency / 1e9;
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace replicawatch::minio
