// What an operator writes for the web side: the file of --web.config.file, and its certificates.

#include "common/web/web_config.h"

#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::Text(data, size));
  std::vector<std::string> files;
  const auto document = YamlValue::Parse(text, "web.yml");
  if (!document) return 0;
  const auto config = ReadWebConfig(*document, "", files);
  if (!config) {
    fuzz::Require(config.error().message.starts_with("web.yml"), "an error says where");
    return 0;
  }
  for (const auto& [name, hash] : config->users)
    fuzz::Require(FaultOfBcryptHash(hash).empty(), "a user has a bcrypt hash");
  for (const auto& [name, value] : config->headers)
    fuzz::Require(value.find('\n') == std::string::npos, "a header is one line");
  return 0;
}
