#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/deployment/overview.h"
#include "exporters/minio/bucket_facts.h"
#include "exporters/minio/canary_view.h"
#include "exporters/minio/facts.h"
#include "exporters/minio/inventory.h"
#include "exporters/minio/native_view.h"

namespace replicawatch::minio {

constexpr size_t kDriveStates = 6;

/// The label values of DriveState, in its order.
constexpr std::array<std::string_view, kDriveStates> kDriveStateNames = {
    "ok", "healing", "offline", "unformatted", "faulty", "other"};

/// A storage class, by which data is spread over the drives of a set.
struct ClassView {
  std::string_view name;  ///< STANDARD, REDUCED_REDUNDANCY
  int write_quorum = 0;
  int read_quorum = 0;
  std::vector<FailuresTolerated> failures_tolerated;
};

/// What a set can store of the class STANDARD: its fullest drive bounds it, as each object has a
/// shard on each drive. Drives that share a device share its space.
struct CapacityView {
  double usable_bytes = 0;
  double usable_free_bytes = 0;
  double tightest_free_bytes = 0;  ///< of the drive that fills first
  double tightest_free_ratio = 0;
  std::string tightest_member;
  std::string tightest_drive;
};

/// One erasure set.
struct SetView {
  std::string group;                       ///< pool/set
  std::array<int, kDriveStates> drives{};  ///< by state, as seen from outside
  std::vector<ClassView> classes;          ///< STANDARD first
  std::optional<CapacityView> capacity;
};

/// One drive. What its node told last stays while the node is away.
struct DriveView {
  std::string group;
  std::string member;
  std::string drive;                      ///< the path
  DriveState state = DriveState::kOther;  ///< as seen from outside
  std::optional<DriveUsage> usage;
  std::optional<DriveErrors> errors;
  std::optional<double> seen_unix_seconds;
  std::optional<Healing> healing;  ///< under way, or the one that ended last
  std::optional<double> healed_bytes_per_second;
  std::optional<double> healing_left_seconds;
  std::optional<bool> healing_stalled;
};

/// A node that is known: of one that does not answer only what it was is there.
struct NodeView {
  std::string member;
  bool answered = false;
  std::optional<int64_t> certificate_end_unix;
  bool initialized = false;
  Verdicts verdicts;
  std::optional<RequestPool> request_pool;
  ToldOfNode told;
};

/// An address that was asked and another node than its own answered: something stands between.
struct RelayedView {
  std::string address;
  std::string answered_by;  ///< a member's name; empty: none that is known
};

/// The whole deployment, joined: immutable once made.
struct View {
  Overview overview;
  std::vector<SetView> sets;      ///< none while no inventory was ever read
  std::vector<DriveView> drives;  ///< likewise
  std::vector<NodeView> nodes;
  std::vector<RelayedView> relayed;
  std::optional<double> inventory_age_seconds;
  ClusterFacts cluster;
  std::shared_ptr<const CanaryView> canary;      ///< null: off
  std::shared_ptr<const BucketFacts> buckets{};  ///< null: nothing is known of declared buckets
  BucketAges bucket_ages{};
  std::shared_ptr<const NativeView> native{};  ///< null: off
};

const Vocabulary& MinioVocabulary();

/// What a view is made of. Nothing is owned.
struct ViewInput {
  std::span<const NodeFacts* const> nodes;  ///< members, and seeds that are none
  const Inventory* inventory = nullptr;     ///< the last good one, if any
  std::optional<double> inventory_age_seconds;
  double now_unix_seconds = 0;
  ClusterFacts cluster{};
};

/// What the collector `node` tells of one node.
NodeView ViewOfNode(const NodeFacts& facts);

/// Joins what the nodes answered with the last good inventory. Pure.
///
/// The members are the nodes that own drives, or without an inventory those that were asked. A node
/// that does not answer, or is not initialised, has all its drives offline, whatever the inventory
/// still says of them. A member of a set is healthy when all its drives there are ok; one that
/// heals a drive is not.
///
/// A set is writable when its drives that take writes reach the write quorum. These own sums decide
/// at once and for each set; the nodes' verdicts on the cluster, which are older and don't name the
/// set, only add a "no": when they all say so while the sums of every set are fine
/// (`cluster_health`: the nodes don't reach each other).
View JoinView(const ViewInput& input, const std::string& cluster);

}  // namespace replicawatch::minio
