#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exporters/mongo/facts.h"

namespace replicawatch::mongo {

/// One watched node as the join sees it.
struct WatchedNode {
  std::string address;  ///< where it is asked: a seed, or the name below
  std::string name;     ///< the name that the set has for it; the address until that is known
  bool seed = false;
  bool silent = false;        ///< no answer within the budget, whatever the facts say
  double silent_seconds = 0;  ///< how long this scrape has waited for it
  std::shared_ptr<const MemberFacts> facts;  ///< never null

  bool answered() const { return facts->answered && !silent; }
};

/// Who belongs to the set.
struct Topology {
  std::optional<std::string> set_name;
  std::vector<ConfiguredMember> members;  ///< empty for a standalone server, or when nobody told
  bool configured = false;         ///< members come from the configuration, not only from hello
  bool majority_journaled = true;  ///< what the configuration says of majority writes
};

/// From the newest configuration that any node told; without one (no privilege) from hello, which
/// does not name hidden members.
Topology FindTopology(std::span<const WatchedNode> nodes);

}  // namespace replicawatch::mongo
