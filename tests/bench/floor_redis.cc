// The commands of a scrape, sent raw over one connection to each of the nodes: to all of them, then
// the answers are read. With one node that is its floor, with all the floor of the deployment.
// usage: floor_redis HOST:PORT PASSWORD-FILE COMMAND... [-- HOST:PORT PASSWORD-FILE COMMAND...]...
// (a command is its words, separated by spaces)

#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.h"
#include "tests/bench/floor.h"

namespace {

struct Node {
  std::unique_ptr<redisContext, void (*)(redisContext*)> redis{nullptr, redisFree};
  std::vector<const char*> commands;

  bool Connect(std::string_view address, const char* password_file) {
    const size_t colon = address.rfind(':');
    redis.reset(redisConnect(std::string(address.substr(0, colon)).c_str(),
                             std::atoi(address.data() + colon + 1)));
    const auto password = replicawatch::ReadSecretFile(password_file);
    if (!redis || redis->err != 0 || !password) return false;
    redisAppendCommand(redis.get(), "AUTH replicawatch %s",
                       std::string(password->Reveal()).c_str());
    return TakeAnswer();
  }

  bool TakeAnswer() const {
    void* reply = nullptr;
    const bool ok = redisGetReply(redis.get(), &reply) == REDIS_OK;
    if (reply != nullptr) freeReplyObject(reply);
    return ok;
  }

  bool Send() const {
    for (const char* command : commands) redisAppendCommand(redis.get(), command);
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(redis.get(), &done) != REDIS_OK) return false;
    }
    return true;
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<Node> nodes;
  for (int i = 1; i + 2 < argc; ++i) {
    Node& node = nodes.emplace_back();
    if (!node.Connect(argv[i], argv[i + 1])) return 2;
    for (i += 2; i < argc && std::string_view(argv[i]) != "--"; ++i)
      node.commands.push_back(argv[i]);
  }
  if (nodes.empty()) return 2;
  return replicawatch::bench::PrintFloor([&] {
    for (const Node& node : nodes) {
      if (!node.Send()) return false;
    }
    for (const Node& node : nodes) {
      for (size_t i = 0; i < node.commands.size(); ++i) {
        if (!node.TakeAnswer()) return false;
      }
    }
    return true;
  });
}
