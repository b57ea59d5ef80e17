#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "common/base/deadline.h"

namespace replicawatch::mongo {

/// What a node can be asked beside what its set needs: each for one collector, and far more than
/// that, so only when a page wants it.
enum class Topic : uint8_t {
  kNode,
  kDatabases,
  kCollections,
  kIndexes,
  kTop,
  kOperations,
  kProfiles,
  kShards,
};

/// A choice of them.
class Topics {
 public:
  Topics(std::initializer_list<Topic> topics = {}) {
    for (const Topic topic : topics) Add(topic);
  }
  void Add(Topic topic) { bits_ |= BitOf(topic); }
  void Add(Topics others) { bits_ |= others.bits_; }
  bool Has(Topic topic) const { return (bits_ & BitOf(topic)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static uint32_t BitOf(Topic topic) { return uint32_t{1} << static_cast<uint8_t>(topic); }

  uint32_t bits_ = 0;
};

/// Bounds of what a node is asked of its databases and collections, whose number nobody knows.
struct SurveyLimits {
  size_t objects = 200;                               ///< of each kind that are told of
  Duration slow_operation = std::chrono::minutes(5);  ///< from when on an operation is told of
};

}  // namespace replicawatch::mongo
