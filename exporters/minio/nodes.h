#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "exporters/minio/node.h"

namespace replicawatch::minio {

using Nodes = std::map<std::string, std::unique_ptr<Node>>;  // by name

/// The node that a question about the whole cluster goes to: `last`, which answered the last one,
/// if it still can; else one that sees a quorum; else any that may serve, members of the deployment
/// and seeds alike. Not one of `failed`; null when there is none left.
Node* PickSource(const Nodes& nodes, const std::set<std::string>& failed, std::string_view last);

}  // namespace replicawatch::minio
