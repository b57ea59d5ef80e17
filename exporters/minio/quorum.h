#pragma once

#include <vector>

namespace replicawatch::minio {

/// The drives that one node has in one erasure set.
struct NodeShare {
  int drives = 0;
  int usable = 0;  ///< those that count for the operation
};

/// Usable drives beyond the quorum; negative: missing ones. All drives of the set have a node in
/// `shares`.
int SpareDrives(const std::vector<NodeShare>& shares, int quorum);

/// How many nodes may be lost, whichever they are, before the set has less than `quorum` usable
/// drives: those with the most usable drives go first. Negative: at least that many nodes have to
/// come back, those with the most unusable drives first.
int SpareNodes(const std::vector<NodeShare>& shares, int quorum);

}  // namespace replicawatch::minio
