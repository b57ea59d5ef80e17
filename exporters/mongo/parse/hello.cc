#include "exporters/mongo/parse/hello.h"

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {
namespace {

std::vector<std::string> Names(const Document& document, const char* key) {
  std::vector<std::string> names;
  if (const auto list = document.Child(key)) {
    list->EachText([&](const std::string& name) { names.push_back(name); });
  }
  return names;
}

}  // namespace

Result<Hello> ParseHello(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  Hello hello;
  hello.set_name = document->Text("setName");
  hello.me = document->Text("me");
  hello.primary = document->Text("primary");
  hello.replica_set = document->Flag("isreplicaset");
  hello.mongos = document->Text("msg") == "isdbgrid";
  hello.config_server = document->Has("configsvr");
  hello.writable_primary = document->Flag("isWritablePrimary");
  hello.secondary = document->Flag("secondary");
  hello.arbiter = document->Flag("arbiterOnly");
  hello.hidden = document->Flag("hidden");
  hello.hosts = Names(*document, "hosts");
  hello.passives = Names(*document, "passives");
  hello.arbiters = Names(*document, "arbiters");
  hello.set_version = document->Int("setVersion");
  hello.election_term = document->ObjectIdTail("electionId");
  hello.delay_seconds = document->Number("secondaryDelaySecs");
  // Before 5.0.
  if (!hello.delay_seconds) hello.delay_seconds = document->Number("slaveDelay");
  hello.local_time_ms = document->DateMs("localTime");
  if (const auto write = document->Child("lastWrite")) {
    hello.last_write = write->Position("opTime");
    hello.majority_write = write->Position("majorityOpTime");
    hello.last_write_ms = write->DateMs("lastWriteDate");
    hello.majority_write_ms = write->DateMs("majorityWriteDate");
  }
  return hello;
}

}  // namespace replicawatch::mongo
