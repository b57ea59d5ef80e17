#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporters/redis/key_groups.h"
#include "exporters/redis/parse/survey.h"

namespace replicawatch::redis {

/// One key that a survey has looked at. What is not known of it is left out.
struct SurveyedKey {
  int database = 0;
  std::string key;
  std::optional<double> size;          ///< elements, or bytes of a string
  std::optional<double> memory_bytes;  ///< MEMORY USAGE
  std::optional<double> value;         ///< of a string that is a number
  std::optional<std::string> text;     ///< of any other string
};

struct KeyCount {
  int database = 0;
  std::string pattern;
  double count = 0;
};

struct SurveyedStream {
  int database = 0;
  std::string key;
  StreamInfo info;
  struct Group {
    StreamGroup group;
    std::vector<StreamConsumer> consumers;
  };
  std::vector<Group> groups;
};

/// What a whole survey of one node has found. Immutable once published.
struct SurveyResults {
  std::vector<SurveyedKey> keys;
  std::vector<KeyCount> counts;
  std::map<int, KeyGroups> groups;       ///< by database
  std::optional<double> groups_seconds;  ///< that finding them took, rests included
  std::vector<SurveyedStream> streams;
  std::map<std::string, ScriptResult> scripts;
  double seconds = 0;             ///< that the survey took
  std::set<std::string> refused;  ///< commands
  bool truncated = false;         ///< there was more than is published
};

}  // namespace replicawatch::redis
