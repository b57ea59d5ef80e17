#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace replicawatch::redis {

/// One line of an answer to INFO: `used_memory:1582400` under `# Memory`.
struct InfoLine {
  std::string_view section;  ///< "Memory"
  std::string_view name;
  std::string_view value;
};

/// The answer to INFO, split into its lines. Owns the text that the lines point into, so it does
/// not move; shared once made, then only read.
class InfoText {
 public:
  explicit InfoText(std::string text);
  InfoText(const InfoText&) = delete;
  InfoText& operator=(const InfoText&) = delete;

  std::span<const InfoLine> lines() const { return lines_; }
  /// Empty when there is no such line.
  std::string_view Value(std::string_view name) const;

 private:
  const std::string text_;
  std::vector<InfoLine> lines_;
};

}  // namespace replicawatch::redis
