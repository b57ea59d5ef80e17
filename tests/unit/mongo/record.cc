// Records the raw answers of a live set for the tests:
//   mongo_record mongodb://user:password@host:port,host:port/ FOLDER [node|survey]
// writes FOLDER/<port>.<command>.bson for each host named; with `node` all that the collector node
// asks as well, with `survey` the others that are off by default: the last answer of each command.
// Not part of the tests themselves.
#include <cstdio>
#include <fstream>

#include "exporters/mongo/member.h"
#include "exporters/mongo/session.h"
#include "exporters/mongo/settings.h"

namespace replicawatch::mongo {
namespace {

/// Pipelines by their stage.
std::string FileName(const Command& command) {
  const std::string_view more = command.more != nullptr ? command.more : "";
  for (const char* stage : {"collStats", "indexStats"})
    if (more.find(std::string("$") + stage) != std::string_view::npos)
      return std::string("aggregate-") + stage;
  return command.name;
}

Topics TopicsNamed(std::string_view name) {
  if (name == "node") return {Topic::kNode};
  if (name != "survey") return {};
  return {Topic::kDatabases, Topic::kCollections, Topic::kIndexes,
          Topic::kTop,       Topic::kOperations,  Topic::kProfiles};
}

class RecordingSession : public Session {
 public:
  RecordingSession(std::unique_ptr<Session> session, std::string prefix)
      : session_(std::move(session)), prefix_(std::move(prefix)) {}

  Result<Reply> Run(const Command& command, Deadline deadline) override {
    Result<Reply> reply = session_->Run(command, deadline);
    if (reply) {
      std::ofstream(prefix_ + FileName(command) + ".bson", std::ios::binary) << reply->bson;
    } else {
      std::fprintf(stderr, "%s: %s\n", prefix_.c_str(), reply.error().message.c_str());
    }
    return reply;
  }

 private:
  const std::unique_ptr<Session> session_;
  const std::string prefix_;
};

int Record(const char* uri, const std::string& folder, Topics topics) {
  const Result<Settings> settings = ParseSettings(uri);
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().message.c_str());
    return 2;
  }
  for (const std::string& seed : settings->seeds) {
    const std::string prefix = folder + "/" + seed.substr(seed.rfind(':') + 1) + ".";
    const SessionFactory open = MongocSessions(*settings, seed);
    Member member(
        [&](bool login) { return std::make_unique<RecordingSession>(open(login), prefix); },
        settings->has_login(), false, {.slow_operation = {}});
    member.Probe(Deadline::After(kCallLimit), topics);
  }
  return 0;
}

}  // namespace
}  // namespace replicawatch::mongo

int main(int argc, char** argv) {
  using replicawatch::mongo::TopicsNamed;
  if (argc < 3 || argc > 4) {
    std::fprintf(
        stderr, "usage: mongo_record mongodb://user:password@host:port,... FOLDER [node|survey]\n");
    return 2;
  }
  return replicawatch::mongo::Record(argv[1], argv[2], TopicsNamed(argc == 4 ? argv[3] : ""));
}
