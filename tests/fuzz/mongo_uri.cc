// What leads to a MongoDB deployment: connection strings, and the records of mongodb+srv://.

#include "common/base/text.h"
#include "exporters/mongo/settings.h"
#include "exporters/mongo/srv.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

constexpr std::string_view kDomain = ".example.com";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  // The driver takes texts that end with a 0.
  const std::string uri(text.substr(0, text.find('\0')));
  const Result<std::string> options = mongo::ReadTxtOptions({data, size});
  if (Result<mongo::Settings> settings = mongo::ParseSettings(uri)) {
    fuzz::Require(!settings->seeds.empty(), "settings have a seed");
    if (options) mongo::ApplySrv({{"h:1"}, *options}, *settings);
  }
  const auto seeds = mongo::ReadSrvRecords({data, size}, "set.example.com");
  if (!seeds) return 0;
  for (const std::string& seed : *seeds) {
    const size_t colon = seed.rfind(':');
    fuzz::Require(colon != std::string::npos && colon > kDomain.size(), "a seed has a port");
    const std::string_view host = std::string_view(seed).substr(0, colon);
    fuzz::Require(EqualsIgnoreCase(host.substr(host.size() - kDomain.size()), kDomain),
                  "a seed is of the own domain");
    fuzz::Require(host.find_first_of("/@?,:%\\") == std::string::npos,
                  "a seed can be put into a connection string");
  }
  return 0;
}
