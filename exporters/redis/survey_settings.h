#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/deadline.h"

namespace replicawatch::redis {

/// A key, or a pattern of the server's glob style, in one database.
struct KeySelection {
  int database = 0;
  std::string text;
};

/// What a survey looks for. Empty: there is none.
struct SurveySettings {
  std::vector<KeySelection> keys;              ///< single keys
  std::vector<KeySelection> key_patterns;      ///< keys to be found
  std::vector<KeySelection> counted;           ///< patterns whose keys are counted
  std::vector<KeySelection> streams;           ///< single streams
  std::vector<KeySelection> stream_patterns;   ///< streams to be found
  std::vector<std::string> groups;             ///< Lua patterns that name a key's group
  std::map<std::string, std::string> scripts;  ///< text of Lua scripts, by path
  size_t most_groups = 100;
  bool values = false;        ///< publishes the values of string keys, which may be secret
  bool consumers = true;      ///< of the streams' groups
  bool skip_masters = false;  ///< surveys replicas only
  double share = 0.05;        ///< of the server's time at most
  Duration interval = std::chrono::minutes(1);  ///< from one survey to the next

  bool empty() const {
    return keys.empty() && key_patterns.empty() && counted.empty() && streams.empty() &&
           stream_patterns.empty() && groups.empty() && scripts.empty();
  }
};

}  // namespace replicawatch::redis
