#include "common/app/collector_choice.h"

#include <optional>
#include <utility>

#include "common/config/readers.h"

namespace replicawatch {
namespace {

YamlValue::Read IntoOne(CollectorChoice& choice, size_t index) {
  return [&choice, index](const YamlValue& value) -> Result<void> {
    std::optional<bool> on;
    if (Result<void> read = Into(on)(value); !read) return read;
    (*on ? choice.on : choice.off).Add(index);
    return {};
  };
}

}  // namespace

YamlValue::Read Into(CollectorChoice& choice, std::vector<CollectorInfo> collectors) {
  return [&choice, collectors = std::move(collectors)](const YamlValue& value) {
    YamlValue::KeyList keys;
    for (size_t i = 0; i < collectors.size(); ++i) {
      keys.push_back({collectors[i].name, IntoOne(choice, i), collectors[i].help});
    }
    return value.Keys(keys);
  };
}

}  // namespace replicawatch
