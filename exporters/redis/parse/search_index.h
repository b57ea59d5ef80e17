#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// What FT.INFO tells of one index of the search module.
struct SearchIndex {
  struct Field {
    std::string name;
    double value = 0;
  };

  std::string name;
  std::vector<Field> fields;  ///< those that are finite numbers
};

/// Reads the answer to FT.INFO: names and values in turn. Numbers come as integers or as text;
/// whatever is none, as the schema, is left out. Nothing when the answer is no such list. Pure.
std::optional<SearchIndex> ParseSearchIndex(const Reply& reply);

}  // namespace replicawatch::redis
