#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "exporters/mongo/parse/repl_set_config.h"

namespace replicawatch::mongo {

/// Something in a set's configuration that lets it stop, or lose writes, sooner than its operator
/// may think. The servers accept all of them.
struct ConfigMistake {
  std::string_view name;
  bool made = false;
};

/// All that are looked for, in a fixed order. `default_majority`: writes wait for a majority by
/// default. Pure.
std::vector<ConfigMistake> FindMistakes(std::span<const ConfiguredMember> members,
                                        bool majority_journaled, bool default_majority);

}  // namespace replicawatch::mongo
