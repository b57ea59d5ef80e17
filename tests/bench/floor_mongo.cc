// The commands of a scrape, sent raw to one member over one connection.
// usage: floor_mongo HOST:PORT PASSWORD-FILE JSON-COMMAND...

#include <mongoc/mongoc.h>

#include <string>

#include "common/base/secret.h"
#include "tests/bench/floor.h"

namespace {
// bson_t is aligned by an attribute, which a template argument would lose.
struct Command {
  bson_t* document;
};
}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto password = replicawatch::ReadSecretFile(argv[2]);
  if (!password) return 2;
  mongoc_init();
  const std::string uri = "mongodb://replicawatch:" + std::string(password->Reveal()) + "@" +
                          argv[1] + "/?authSource=admin&directConnection=true";
  mongoc_client_t* client = mongoc_client_new(uri.c_str());
  std::vector<Command> commands;
  for (int i = 3; i < argc; ++i)
    commands.push_back({bson_new_from_json(reinterpret_cast<uint8_t*>(argv[i]), -1, nullptr)});
  return replicawatch::bench::PrintFloor([&] {
    for (const Command& command : commands) {
      bson_t answer;
      const bool ok = mongoc_client_command_simple(client, "admin", command.document, nullptr,
                                                   &answer, nullptr);
      bson_destroy(&answer);
      if (!ok) return false;
    }
    return true;
  });
}
