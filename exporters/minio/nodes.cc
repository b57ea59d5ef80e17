#include "exporters/minio/nodes.h"

namespace replicawatch::minio {

bool Source::Choose(const Nodes& nodes, const std::set<std::string>& failed) {
  const Node* best = nullptr;
  int best_rank = 0;
  for (const auto& [name, node] : nodes) {
    if ((!node->serves() && !node->untried()) || failed.contains(name)) continue;
    const bool lonely = node->facts().verdicts.write_quorum == false;
    const bool last = session_ && session_->address().name == name;
    const int rank = 1 + (node->serves() ? 4 : 0) + (lonely ? 0 : 2) + (last ? 1 : 0);
    if (rank <= best_rank) continue;
    best_rank = rank;
    best = node.get();
  }
  if (best != nullptr) Choose(*best);
  return best != nullptr;
}

void Source::Choose(const Node& node) {
  if (!session_ || session_->address() != node.address())
    session_ = std::make_unique<Session>(client_, node.address(), key_);
}

}  // namespace replicawatch::minio
