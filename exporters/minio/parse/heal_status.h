#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::minio {

/// One object of a heal run: an element of `Items` of the type "object".
struct HealedObject {
  std::string name;
  int data = 0;     ///< dataBlocks
  int parity = 0;   ///< parityBlocks
  int present = 0;  ///< drives of which before.drives.state is "ok"
  int lost = 0;     ///< drives that are there and have no shard, or a broken one
};

/// The answer to POST /minio/admin/v3/heal/...?clientToken=: what was found since the last one.
struct HealStatus {
  bool finished = false;
  std::vector<HealedObject> objects;
};

/// The answer to the start of a run: its clientToken.
Result<std::string> ParseHealStart(std::string_view body);

/// kProtocol when the run was stopped, kLimit for more than `max_items`.
Result<HealStatus> ParseHealStatus(std::string_view body, size_t max_items = 10'000);

}  // namespace replicawatch::minio
