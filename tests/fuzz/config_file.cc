// What an operator writes: a configuration file, the targets that a module allows.

#include "common/config/target_pattern.h"
#include "common/config/yaml.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

Result<void> ReadAll(const YamlValue& value, int depth) {
  constexpr int kDeepest = 8;
  (void)value.Text();
  (void)value.Texts();
  if (depth == kDeepest) return {};
  (void)value.Elements([&](const YamlValue& element) { return ReadAll(element, depth + 1); });
  (void)value.Keys({{"name", [](const YamlValue&) { return Result<void>(); }, "a key"}});
  return value.Entries(
      [&](const std::string&, const YamlValue& entry) { return ReadAll(entry, depth + 1); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::Text(data, size));
  if (const auto pattern = TargetPattern::Parse(text))
    fuzz::Require(!pattern->Matches("", 6379), "no pattern allows a target without a host");
  if (const auto document = YamlValue::Parse(text, "file")) (void)ReadAll(*document, 0);
  return 0;
}
