#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"

namespace replicawatch::redis {

/// One line of an answer to INFO: `used_memory:1582400`.
struct InfoLine {
  std::string_view name;
  std::string_view value;
};

/// The lines under one heading: `# Memory`.
struct InfoSection {
  std::string_view name;  ///< "Memory"
  std::span<const InfoLine> lines;
};

/// For tables of lines by name. Enough to tell the lines of INFO apart, and a fraction of the work
/// of a hash of all letters.
struct LineNameHash {
  size_t operator()(std::string_view name) const noexcept {
    if (name.empty()) return 0;
    return name.size() * 961 + static_cast<uint8_t>(name.front()) * 31 +
           static_cast<uint8_t>(name.back());
  }
};

/// A line about a replica of this node, which has items: `slave0`, `slave12`, but not
/// `slave_priority`.
bool IsAttachedReplica(std::string_view name);

/// Calls take(name, value) for each item of a value that has several: `keys=3,expires=1`. They are
/// found by name, never by position: versions put new ones between the old.
template <class Take>
void ForEachItem(std::string_view items, const Take& take) {
  while (!items.empty()) {
    std::string_view value = CutAt(items, ',');
    const std::string_view name = CutAt(value, '=');
    take(name, value);
  }
}

/// The answer to INFO, split into its lines. Owns the text that the lines point into, so it does
/// not move; shared once made, then only read.
class InfoText {
 public:
  explicit InfoText(std::string text);
  InfoText(const InfoText&) = delete;
  InfoText& operator=(const InfoText&) = delete;

  std::span<const InfoLine> lines() const { return lines_; }
  std::span<const InfoSection> sections() const { return sections_; }
  /// The lines of the section; none when the answer does not have it.
  std::span<const InfoLine> Section(std::string_view name) const;
  /// Empty when there is no such line.
  std::string_view Value(std::string_view name) const;
  /// "standalone", "sentinel" or "cluster": redis_mode, in Valkey 8 server_mode.
  std::string_view Mode() const;

 private:
  const std::string text_;
  std::vector<InfoLine> lines_;
  std::vector<InfoSection> sections_;
};

}  // namespace replicawatch::redis
