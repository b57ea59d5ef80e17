// The commands of a scrape, sent raw to one node over one connection.
// usage: floor_redis HOST PORT PASSWORD-FILE COMMAND...   (a command is its words, separated by
// spaces)

#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "common/base/secret.h"
#include "tests/bench/floor.h"

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const std::unique_ptr<redisContext, void (*)(redisContext*)> redis(
      redisConnect(argv[1], std::atoi(argv[2])), redisFree);
  const auto password = replicawatch::ReadSecretFile(argv[3]);
  if (!redis || redis->err != 0 || !password) return 2;
  const auto finish = [&] {
    void* reply = nullptr;
    const bool ok = redisGetReply(redis.get(), &reply) == REDIS_OK;
    if (reply != nullptr) freeReplyObject(reply);
    return ok;
  };
  redisAppendCommand(redis.get(), "AUTH replicawatch %s", std::string(password->Reveal()).c_str());
  if (!finish()) return 2;
  return replicawatch::bench::PrintFloor([&] {
    for (int i = 4; i < argc; ++i) redisAppendCommand(redis.get(), argv[i]);
    for (int i = 4; i < argc; ++i) {
      if (!finish()) return false;
    }
    return true;
  });
}
