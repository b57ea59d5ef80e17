#pragma once

#include <map>
#include <string>

#include "common/deployment/overview.h"

namespace replicawatch {

/// Writes one log line for each change of a member's state and none while nothing changes: down
/// with the reason, up again, another error, another role. Kept by a watcher, fed with every new
/// Overview. Not synchronised.
class ChangeLog {
 public:
  void Observe(const Overview& overview);

 private:
  struct State {
    bool up = false;
    std::string error_code;
    std::string role;
  };
  std::map<std::string, State> members_;
};

}  // namespace replicawatch
