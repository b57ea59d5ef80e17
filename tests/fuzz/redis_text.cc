// Texts of a Redis node and of its user: INFO, a Sentinel's hello, addresses, seeds.

#include "exporters/redis/parse/address.h"
#include "exporters/redis/parse/cluster.h"
#include "exporters/redis/parse/info.h"
#include "exporters/redis/parse/lua_pattern.h"
#include "exporters/redis/parse/seed.h"
#include "exporters/redis/parse/sentinel.h"
#include "exporters/redis/parse/survey.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  (void)redis::ParseInfo(redis::InfoText(std::string(text)));
  (void)redis::ParseClusterState(redis::InfoText(std::string(text)));
  (void)redis::ParseSentinelHello(text);
  if (const auto nodes = redis::ParseClusterNodes(text)) {
    for (const redis::ClusterNode& node : *nodes) {
      for (const redis::SlotRange& range : node.slots) {
        fuzz::Require(0 <= range.first && range.first <= range.last && range.last < redis::kSlots,
                      "slots are in range");
      }
    }
  }
  (void)redis::ParseSeed(text);
  (void)redis::ParseSelections(text);
  // The first line as a pattern, what follows as a name.
  std::string_view name = text;
  if (const auto pattern = redis::LuaPattern::Make(CutAt(name, '\n')))
    (void)pattern->JoinedCaptures(name);
  if (const auto address = redis::SplitAddress(text)) {
    fuzz::Require(address->port >= 0 && address->port < 65536, "a port is in range");
    if (address->port == 0) return 0;  // a Unix socket
    const auto again =
        redis::SplitAddress(redis::JoinAddress(address->host, std::to_string(address->port)));
    fuzz::Require(again && again->host == address->host && again->port == address->port,
                  "an address that is joined again is the same");
  }
  return 0;
}
