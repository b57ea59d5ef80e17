#include "exporters/minio/nodes.h"

namespace replicawatch::minio {

Node* PickSource(const Nodes& nodes, const std::set<std::string>& failed, std::string_view last) {
  Node* best = nullptr;
  int best_rank = 0;
  for (const auto& [name, node] : nodes) {
    if ((!node->serves() && !node->untried()) || failed.contains(name)) continue;
    const bool lonely = node->facts().verdicts.write_quorum == false;
    const int rank = 1 + (node->serves() ? 4 : 0) + (lonely ? 0 : 2) + (last == name ? 1 : 0);
    if (rank <= best_rank) continue;
    best_rank = rank;
    best = node.get();
  }
  return best;
}

}  // namespace replicawatch::minio
