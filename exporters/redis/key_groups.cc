#include "exporters/redis/key_groups.h"

#include <array>

namespace replicawatch::redis {
namespace {

constexpr size_t kMostCaptures = 10;
/// Longer keys are looked at up to here: the expressions take their time with them.
constexpr size_t kLongestKey = 512;

}  // namespace

void KeyGrouper::Free::operator()(regex_t* regex) const {
  regfree(regex);
  delete regex;
}

Result<KeyGrouper> KeyGrouper::Make(const std::vector<std::string>& expressions) {
  KeyGrouper grouper;
  for (const std::string& expression : expressions) {
    auto regex = std::make_unique<regex_t>();
    if (const int error = regcomp(regex.get(), expression.c_str(), REG_EXTENDED); error != 0) {
      std::array<char, 200> why{};
      regerror(error, regex.get(), why.data(), why.size());
      return Fail(ErrorCode::kParse, "\"" + expression + "\": " + why.data());
    }
    grouper.expressions_.emplace_back(regex.release());
  }
  return grouper;
}

std::string KeyGrouper::GroupOf(const std::string& key) const {
  const std::string text = key.substr(0, kLongestKey);
  for (const auto& expression : expressions_) {
    std::array<regmatch_t, kMostCaptures> matches{};
    if (regexec(expression.get(), text.c_str(), matches.size(), matches.data(), 0) != 0) continue;
    std::string group;
    const size_t first = expression->re_nsub > 0 ? 1 : 0;
    for (size_t i = first; i < matches.size(); ++i) {
      const auto& [begin, end] = matches[i];
      if (begin >= 0)
        group.append(text, static_cast<size_t>(begin), static_cast<size_t>(end - begin));
      if (first == 0) break;
    }
    return group;
  }
  return "unclassified";
}

}  // namespace replicawatch::redis
