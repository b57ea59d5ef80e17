#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/deployment/overview.h"
#include "exporters/minio/facts.h"
#include "exporters/minio/inventory.h"

namespace replicawatch::minio {

constexpr size_t kDriveStates = 6;

/// The label values of DriveState, in its order.
constexpr std::array<std::string_view, kDriveStates> kDriveStateNames = {
    "ok", "healing", "offline", "unformatted", "faulty", "other"};

/// One erasure set.
struct SetView {
  std::string group;                       ///< pool/set
  std::array<int, kDriveStates> drives{};  ///< by state, as seen from outside
  int write_quorum = 0;
  int read_quorum = 0;
};

/// A node that answered.
struct NodeView {
  std::string member;
  bool initialized = false;
  std::optional<bool> sees_write_quorum;
  std::optional<bool> sees_read_quorum;
};

/// The whole deployment, joined: immutable once made.
struct View {
  Overview overview;
  std::vector<SetView> sets;  ///< none while no inventory was ever read
  std::vector<NodeView> nodes;
  std::optional<double> inventory_age_seconds;
};

const Vocabulary& MinioVocabulary();

/// Joins what the nodes answered with the last good inventory, which may be null. Pure.
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
View JoinView(std::span<const NodeFacts* const> nodes, const Inventory* inventory,
              std::optional<double> inventory_age_seconds, const std::string& cluster);

}  // namespace replicawatch::minio
