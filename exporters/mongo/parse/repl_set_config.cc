#include "exporters/mongo/parse/repl_set_config.h"

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {
namespace {

ConfiguredMember ReadMember(const Document& document) {
  ConfiguredMember member;
  member.host = document.Text("host").value_or("");
  member.arbiter = document.Flag("arbiterOnly");
  member.hidden = document.Flag("hidden");
  member.priority = document.Number("priority").value_or(1);
  member.votes = document.Number("votes").value_or(1) > 0 ? 1 : 0;  // the server allows 0 and 1
  const std::optional<double> delay = document.Number("secondaryDelaySecs");
  member.delay_seconds = delay ? *delay : document.Number("slaveDelay").value_or(0);  // before 5.0
  return member;
}

}  // namespace

Result<ReplSetConfig> ParseReplSetConfig(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  const auto body = document->Child("config");
  if (!body) return Fail(ErrorCode::kParse, "replSetGetConfig: the answer has no config");
  ReplSetConfig config;
  config.id = body->Text("_id").value_or("");
  config.version = body->Int("version");
  config.term = body->Int("term");
  config.majority_journaled = !body->Has("writeConcernMajorityJournalDefault") ||
                              body->Flag("writeConcernMajorityJournalDefault");
  if (const auto settings = body->Child("settings")) {
    config.replica_set_id = settings->ObjectIdHex("replicaSetId");
  }
  if (const auto members = body->Child("members")) {
    members->EachDocument([&](const Document& document_of_member) {
      ConfiguredMember member = ReadMember(document_of_member);
      if (!member.host.empty()) config.members.push_back(std::move(member));
    });
  }
  return config;
}

}  // namespace replicawatch::mongo
