#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/deadline.h"
#include "common/base/error.h"
#include "exporters/redis/parse/info.h"
#include "exporters/redis/parse/sentinel.h"

namespace replicawatch::redis {

/// All that is known of one node: what it said last, and whether it still says anything. Facts of a
/// silent node stay, so that it keeps its role and its position in the stream.
struct NodeFacts {
  std::string address;
  bool answered = false;       ///< the last query was answered within its budget
  std::optional<Error> error;  ///< of the last query; with `answered` one that concerns a part only
  double seconds = 0;          ///< duration of the last probe
  std::optional<Info> info;
  std::vector<SentinelMaster> masters;  ///< of a Sentinel: by master name
  bool writes_refused =
      false;  ///< PING answered MISCONF: the disk does not take what must be saved
  std::optional<int64_t>
      required_replicas;  ///< CONFIG GET min-replicas-to-write, where that is allowed
  std::optional<double> clock_skew_seconds;

  Role role() const { return info ? info->replication.role : Role::kUnknown; }
};

}  // namespace replicawatch::redis
