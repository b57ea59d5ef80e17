#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {

/// One number somewhere in a document. What it points to lives as long as the call.
struct WalkedNumber {
  std::string_view path;    ///< "serverStatus.opcounters.insert"
  std::string_view parent;  ///< "serverStatus.opcounters."; empty on the top level
  std::string_view key;     ///< "insert"
  // Within the elements of an array, which are told apart by their `name` or `host`; others are
  // left out.
  std::string_view element;        ///< "127.0.0.1:27017"; empty outside of arrays
  std::string_view element_state;  ///< its `stateStr`
  double value = 0;  ///< dates in milliseconds, timestamps in seconds since 1970, true as 1
};

/// Bounds against answers that are not what they should be: what goes beyond is left out.
struct WalkLimits {
  size_t depth = 12;
  size_t numbers = 20'000;
  size_t path = 400;
};

/// Calls `visit` with every number, date, timestamp and truth value, in the document's order; their
/// paths begin with `root`. Safe on any bytes, and on any depth.
void WalkNumbers(const Document& document, const std::function<void(const WalkedNumber&)>& visit,
                 std::string_view root = "", const WalkLimits& limits = {});

}  // namespace replicawatch::mongo
