// The commands of a scrape, sent raw over one connection to each of the members, a thread for each.
// With one member that is its floor, with all the floor of the deployment.
// usage: floor_mongo HOST:PORT[,HOST:PORT]... PASSWORD-FILE JSON-COMMAND...

#include <mongoc/mongoc.h>

#include <barrier>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "tests/bench/floor.h"

namespace {

// bson_t is aligned by an attribute, which a template argument would lose.
struct Command {
  bson_t* document;
};

class Member {
 public:
  Member(std::string_view address, std::string_view password, const std::vector<Command>& commands)
      : commands_(commands) {
    const std::string uri = "mongodb://replicawatch:" + std::string(password) + "@" +
                            std::string(address) + "/?authSource=admin&directConnection=true";
    client_ = mongoc_client_new(uri.c_str());
  }

  bool Ask() {
    for (const Command& command : commands_) {
      bson_t answer;
      const bool ok = mongoc_client_command_simple(client_, "admin", command.document, nullptr,
                                                   &answer, nullptr);
      bson_destroy(&answer);
      if (!ok) return false;
    }
    return true;
  }

 private:
  const std::vector<Command>& commands_;
  mongoc_client_t* client_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto password = replicawatch::ReadSecretFile(argv[2]);
  if (!password) return 2;
  mongoc_init();
  std::vector<Command> commands;
  for (int i = 3; i < argc; ++i)
    commands.push_back({bson_new_from_json(reinterpret_cast<uint8_t*>(argv[i]), -1, nullptr)});
  std::vector<Member> members;
  for (std::string_view rest = argv[1]; !rest.empty();)
    members.emplace_back(replicawatch::CutAt(rest, ','), password->Reveal(), commands);

  bool ended = false;
  std::atomic<bool> failed = false;
  std::barrier round(static_cast<std::ptrdiff_t>(members.size()));
  std::vector<std::jthread> others;
  for (size_t i = 1; i < members.size(); ++i) {
    others.emplace_back([&, i] {
      while (round.arrive_and_wait(), !ended) {
        if (!members[i].Ask()) failed = true;
        round.arrive_and_wait();
      }
    });
  }
  const int status = replicawatch::bench::PrintFloor([&] {
    round.arrive_and_wait();
    if (!members[0].Ask()) failed = true;
    round.arrive_and_wait();
    return !failed;
  });
  ended = true;
  round.arrive_and_wait();
  return status;
}
