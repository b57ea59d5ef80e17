#include "exporters/redis/parse/info_text.h"

#include <algorithm>
#include <utility>

namespace replicawatch::redis {

bool IsAttachedReplica(std::string_view name) {
  return name.starts_with("slave") && name.size() > 5 && name[5] >= '0' && name[5] <= '9';
}

InfoText::InfoText(std::string text) : text_(std::move(text)) {
  std::vector<size_t> begins;  // of the sections; the lines move while they are collected
  std::string_view rest = text_;
  constexpr size_t kUsualLine = 24;
  lines_.reserve(text_.size() / kUsualLine);
  while (!rest.empty()) {
    std::string_view line = CutAt(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.starts_with("# ")) {
      sections_.push_back({line.substr(2), {}});
      begins.push_back(lines_.size());
      continue;
    }
    const std::string_view name = CutAt(line, ':');
    lines_.push_back({name, line});
  }
  begins.push_back(lines_.size());
  for (size_t i = 0; i < sections_.size(); ++i)
    sections_[i].lines = std::span(lines_).subspan(begins[i], begins[i + 1] - begins[i]);
}

std::span<const InfoLine> InfoText::Section(std::string_view name) const {
  const auto found = std::find_if(sections_.begin(), sections_.end(),
                                  [&](const InfoSection& section) { return section.name == name; });
  return found == sections_.end() ? std::span<const InfoLine>() : found->lines;
}

std::string_view InfoText::Value(std::string_view name) const {
  const auto found = std::find_if(lines_.begin(), lines_.end(),
                                  [&](const InfoLine& line) { return line.name == name; });
  return found == lines_.end() ? std::string_view() : found->value;
}

std::string_view InfoText::Mode() const {
  const std::string_view mode = Value("redis_mode");
  return mode.empty() ? Value("server_mode") : mode;
}

}  // namespace replicawatch::redis
