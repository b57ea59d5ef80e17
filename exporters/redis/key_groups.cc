#include "exporters/redis/key_groups.h"

#include <algorithm>
#include <utility>

namespace replicawatch::redis {
namespace {

/// A pattern that makes a group of each key must not fill our memory.
constexpr size_t kMostToldApart = 10'000;
constexpr const char* kOverflow = "overflow";

void Sum(double count, std::optional<double> bytes, KeyGroup& group) {
  group.count += count;
  if (!bytes) group.memory_bytes.reset();
  if (group.memory_bytes) *group.memory_bytes += *bytes;
}

}  // namespace

Result<KeyGrouper> KeyGrouper::Make(const std::vector<std::string>& patterns) {
  KeyGrouper grouper;
  for (const std::string& text : patterns) {
    Result<LuaPattern> pattern = LuaPattern::Make(text);
    if (!pattern) return tl::unexpected(pattern.error());
    grouper.patterns_.push_back(std::move(*pattern));
  }
  return grouper;
}

std::string KeyGrouper::GroupOf(const std::string& key) const {
  for (const LuaPattern& pattern : patterns_) {
    if (auto group = pattern.JoinedCaptures(key)) return std::move(*group);
  }
  return "unclassified";
}

void KeyGroupCount::Add(const std::string& group, std::optional<double> bytes) {
  if (groups_.size() < kMostToldApart || groups_.contains(group)) {
    Sum(1, bytes, groups_[group]);
  } else {
    if (!rest_) rest_.emplace();
    Sum(1, bytes, *rest_);
  }
}

KeyGroups KeyGroupCount::Largest(size_t most) const {
  KeyGroups largest;
  if (!rest_) largest.distinct = groups_.size();
  std::vector<std::pair<std::string, KeyGroup>> sorted(groups_.begin(), groups_.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    const double of_a = a.second.memory_bytes.value_or(0);
    const double of_b = b.second.memory_bytes.value_or(0);
    return std::tie(of_b, b.second.count) < std::tie(of_a, a.second.count);
  });
  for (size_t i = 0; i < sorted.size(); ++i) {
    const auto& [name, group] = sorted[i];
    Sum(group.count, group.memory_bytes, largest.groups[i < most ? name : kOverflow]);
  }
  if (rest_) Sum(rest_->count, rest_->memory_bytes, largest.groups[kOverflow]);
  return largest;
}

}  // namespace replicawatch::redis
