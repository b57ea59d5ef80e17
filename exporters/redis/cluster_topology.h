#pragma once

#include <span>

#include "exporters/redis/topology.h"

namespace replicawatch::redis {

/// The facts of the node whose view of the Cluster counts: of those that answer the one with the
/// newest epoch, one with a good state before one without. Null when no node is of a Cluster. Pure.
const NodeFacts* ReferenceNode(std::span<const NodeFacts* const> nodes);

bool Overlap(const std::vector<SlotRange>& a, const std::vector<SlotRange>& b);

/// Appends who owns which slots, as a text that is equal when the slots are.
void AppendSlots(const ClusterNode& node, std::string& out);

/// Adds a group for each shard of the reference's view. A master that has lost its slots belongs to
/// the shard whose slots it claimed last. Pure.
void AddShards(std::span<const NodeFacts* const> nodes, Topology& topology);

}  // namespace replicawatch::redis
