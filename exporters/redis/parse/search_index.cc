#include "exporters/redis/parse/search_index.h"

#include <cmath>
#include <utility>

#include "common/base/text.h"

namespace replicawatch::redis {
namespace {

std::optional<double> NumberOf(const Reply& value) {
  if (value.kind == Reply::Kind::kInteger) return static_cast<double>(value.integer);
  if (value.kind != Reply::Kind::kText) return std::nullopt;
  const std::optional<double> number = ParseDouble(value.text);
  // The averages of an empty index are "nan".
  return number && std::isfinite(*number) ? number : std::nullopt;
}

}  // namespace

std::optional<SearchIndex> ParseSearchIndex(const Reply& reply) {
  SearchIndex index;
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    const std::string& name = reply.elements[i].text;
    const Reply& value = reply.elements[i + 1];
    if (name == "index_name") {
      index.name = value.text;
    } else if (const auto number = NumberOf(value)) {
      index.fields.push_back({name, *number});
    }
  }
  if (index.name.empty()) return std::nullopt;
  return index;
}

}  // namespace replicawatch::redis
