#include "common/config/readers.h"

#include <cstdlib>

namespace replicawatch {

YamlValue::Read Into(bool& flag) {
  return [&flag](const YamlValue& value) -> Result<void> {
    const Result<std::string> word = value.Text();
    if (!word || (*word != "true" && *word != "false"))
      return value.Fault("true or false is wanted here");
    flag = *word == "true";
    return {};
  };
}

YamlValue::Read IntoSecretOfFile(Secret& secret) {
  return [&secret](const YamlValue& value) -> Result<void> {
    const Result<std::string> path = value.Text();
    if (!path) return tl::unexpected(path.error());
    Result<Secret> read = ReadSecretFile(*path);
    if (!read) return value.Fault(read.error().message);
    secret = std::move(*read);
    return {};
  };
}

YamlValue::Read IntoSecretOfEnvironment(Secret& secret) {
  return [&secret](const YamlValue& value) -> Result<void> {
    const Result<std::string> name = value.Text();
    if (!name) return tl::unexpected(name.error());
    const char* text = std::getenv(name->c_str());
    if (text == nullptr) return value.Fault("the environment has no variable " + *name);
    secret = Secret(text);
    return {};
  };
}

YamlValue::Read Into(std::vector<TargetPattern>& patterns) {
  const YamlValue::Read read = [&patterns](const YamlValue& element) -> Result<void> {
    const Result<std::string> text = element.Text();
    if (!text) return tl::unexpected(text.error());
    Result<TargetPattern> pattern = TargetPattern::Parse(*text);
    if (!pattern) return element.Fault(pattern.error().message);
    patterns.push_back(std::move(*pattern));
    return {};
  };
  return [read](const YamlValue& list) { return list.Elements(read); };
}

}  // namespace replicawatch
