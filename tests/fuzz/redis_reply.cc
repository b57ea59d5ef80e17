// Answers of a Redis node: RESP, then what Sentinel lists and INFO make of it.

#include "exporters/redis/parse/buffer_limit.h"
#include "exporters/redis/parse/client_list.h"
#include "exporters/redis/parse/configuration.h"
#include "exporters/redis/parse/info.h"
#include "exporters/redis/parse/latency.h"
#include "exporters/redis/parse/search_index.h"
#include "exporters/redis/parse/sentinel.h"
#include "exporters/redis/parse/slow_log.h"
#include "exporters/redis/parse/survey.h"
#include "exporters/redis/resp.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto reply = redis::DecodeReply(fuzz::Text(data, size));
  if (!reply) return 0;
  const auto entries = redis::ParseSentinelEntries(*reply);
  if (entries) {
    for (const auto& entry : *entries)
      fuzz::Require(!entry.address.empty(), "an entry has an address");
  }
  (void)redis::ParseInfo(redis::InfoText(reply->text));
  (void)redis::ParseLatencyLatest(*reply);
  (void)redis::ParseQuorumCheck(*reply);
  (void)redis::ParseSlowLogEntry(*reply);
  (void)redis::ParseSearchIndex(*reply);
  (void)redis::ParseBufferLimits(reply->text);
  const auto list = redis::MakeClientList(redis::ParseClients(reply->text), 3, nullptr, 0);
  fuzz::Require(list.clients.size() <= 3, "the list is bounded");
  for (const auto& [name, value] : redis::ParseConfiguration(*reply)) {
    fuzz::Require(value.size() <= 128, "a value is bounded");
    fuzz::Require(name.find("pass") == std::string::npos, "no password is kept");
  }
  if (const auto commands = redis::ParseLatencyHistogram(*reply)) {
    for (const redis::CommandLatencies& command : *commands) {
      for (size_t i = 1; i < command.buckets.size(); ++i) {
        fuzz::Require(command.buckets[i - 1].microseconds < command.buckets[i].microseconds &&
                          command.buckets[i - 1].count <= command.buckets[i].count,
                      "buckets ascend");
      }
    }
  }
  (void)redis::ParseScan(*reply);
  (void)redis::ParseDatabases(*reply);
  (void)redis::ParseStream(*reply);
  (void)redis::ParseStreamGroups(*reply);
  (void)redis::ParseStreamConsumers(*reply);
  (void)redis::ParseScript(*reply);
  return 0;
}
