#include "exporters/redis/parse/info_text.h"

#include <algorithm>
#include <utility>

namespace replicawatch::redis {

bool IsAttachedReplica(std::string_view name) {
  return name.starts_with("slave") && name.size() > 5 && name[5] >= '0' && name[5] <= '9';
}

InfoText::InfoText(std::string text) : text_(std::move(text)) {
  std::string_view section;
  std::string_view rest = text_;
  while (!rest.empty()) {
    std::string_view line = CutAt(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.starts_with("# ")) {
      section = line.substr(2);
      continue;
    }
    const std::string_view name = CutAt(line, ':');
    lines_.push_back({section, name, line});
  }
}

std::string_view InfoText::Value(std::string_view name) const {
  const auto found = std::find_if(lines_.begin(), lines_.end(),
                                  [&](const InfoLine& line) { return line.name == name; });
  return found == lines_.end() ? std::string_view() : found->value;
}

}  // namespace replicawatch::redis
