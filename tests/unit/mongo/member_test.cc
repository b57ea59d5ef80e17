#include "exporters/mongo/member.h"

#include <bson/bson.h>
#include <doctest/doctest.h>

#include "tests/unit/mongo/fake_session.h"
#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

using Calls = std::vector<std::string>;

Deadline Soon() { return Deadline::After(std::chrono::seconds(1)); }

std::string Refusal(int code) {
  bson_t bson;
  bson_init(&bson);
  BSON_APPEND_DOUBLE(&bson, "ok", 0);
  BSON_APPEND_INT32(&bson, "code", code);
  BSON_APPEND_UTF8(&bson, "errmsg", "no");
  std::string bytes(reinterpret_cast<const char*>(bson_get_data(&bson)), bson.len);
  bson_destroy(&bson);
  return bytes;
}

std::shared_ptr<FakeNode> Recorded(const std::string& prefix) {
  auto node = std::make_shared<FakeNode>();
  const auto answer = [&](const char* command) {
    node->Answer(command, ReadTestdata("mongo/6.0.5/" + prefix + "." + command + ".bson"));
  };
  for (const char* command : {"hello", "replSetGetStatus", "serverStatus", "replSetGetConfig",
                              "currentOp", "collStats", "getParameter"}) {
    answer(command);
  }
  return node;
}

TEST_CASE("everything is asked once, the configuration only when it has changed") {
  const auto node = Recorded("healthy/27103");
  Member member(FakeSessions(node), true, false);
  const MemberFacts& facts = member.Probe(Soon());
  CHECK(facts.answered);
  CHECK(facts.round_ok);
  CHECK_FALSE(facts.error);
  CHECK(facts.config->members.size() == 3);
  CHECK(node->TakeCalls() == Calls{"login hello", "login connectionStatus",
                                   "login replSetGetStatus", "login serverStatus",
                                   "login replSetGetConfig", "login currentOp", "login collStats",
                                   "login getParameter"});
  CHECK(facts.oplog);
  CHECK(facts.compatibility);
  CHECK(facts.fsync_locked == false);
  // What hardly changes is not asked again within the minute.
  member.Probe(Soon());
  CHECK(node->TakeCalls() ==
        Calls{"login hello", "login replSetGetStatus", "login serverStatus", "login currentOp"});
  member.Sample(Soon());
  CHECK(node->TakeCalls() == Calls{"login hello"});
}

TEST_CASE("a greeting tells who belongs to the set without a login, and nothing of the member") {
  const auto node = Recorded("healthy/27101");
  node->RefuseLogin(true);
  Member member(FakeSessions(node), true, false);
  const MemberFacts& facts = member.Greet(Soon());
  CHECK(facts.hello->hosts.size() == 3);
  CHECK_FALSE(facts.answered);
  CHECK_FALSE(facts.error);
  CHECK(node->TakeCalls() == Calls{"hello"});
  node->RefuseLogin(false);
  member.Probe(Soon());
  CHECK(node->TakeCalls().front() == "login hello");
}

TEST_CASE("a changed part in the set is looked into at once") {
  const auto node = Recorded("healthy/27101");
  Member member(FakeSessions(node), false, false);
  member.Probe(Soon());
  node->TakeCalls();
  node->Answer("hello", ReadTestdata("mongo/6.0.5/healthy/27103.hello.bson"));
  member.Sample(Soon());
  CHECK(node->TakeCalls() == Calls{"hello", "replSetGetStatus", "serverStatus", "currentOp"});
}

TEST_CASE("a refused login leaves hello, and is not repeated with each question") {
  const auto node = Recorded("healthy/27101");
  node->RefuseLogin(true);
  Member member(FakeSessions(node), true, false);
  const MemberFacts& facts = member.Probe(Soon());
  CHECK(facts.answered);
  CHECK(facts.hello->set_name == "rs0");
  CHECK(facts.error->code == ErrorCode::kAuth);
  CHECK_FALSE(facts.status);
  CHECK(node->TakeCalls() == Calls{"login hello", "hello"});
  member.Probe(Soon());
  member.Sample(Soon());
  CHECK(facts.error->code == ErrorCode::kAuth);
  CHECK(node->TakeCalls() == Calls{"hello", "hello"});
}

TEST_CASE("a known arbiter is never logged in to, and misses nothing") {
  const auto node = std::make_shared<FakeNode>();
  node->Answer("hello", ReadTestdata("mongo/6.0.5/mixed/27113.hello.bson"));
  node->RefuseLogin(true);
  Member known(FakeSessions(node), true, true);
  // Nobody knows before the first answer, unless another member's configuration said so.
  known.Probe(Soon());
  node->TakeCalls();
  const MemberFacts& facts = known.Probe(Soon());
  CHECK(facts.answered);
  CHECK(facts.round_ok);
  CHECK_FALSE(facts.error);
  CHECK(node->TakeCalls() == Calls{"hello"});
}

TEST_CASE("a missing privilege is an error of a member that answers, and asked for rarely") {
  const auto node = Recorded("healthy/27101");
  node->Answer("replSetGetStatus", Refusal(kUnauthorized));
  Member member(FakeSessions(node), true, false);
  const MemberFacts& facts = member.Probe(Soon());
  CHECK(facts.answered);
  CHECK_FALSE(facts.round_ok);
  CHECK(facts.error->code == ErrorCode::kPermission);
  CHECK(facts.server != nullptr);
  node->TakeCalls();
  member.Probe(Soon());
  CHECK(facts.error->code == ErrorCode::kPermission);
  CHECK(node->TakeCalls() == Calls{"login hello", "login serverStatus"});
  member.Sample(Soon());
  CHECK(facts.error->code == ErrorCode::kPermission);
}

TEST_CASE("what the view can do without is no error when it is refused, and asked for once") {
  const auto node = Recorded("healthy/27101");
  for (const char* command : {"currentOp", "collStats", "getParameter"})
    node->Answer(command, Refusal(kUnauthorized));
  Member member(FakeSessions(node), true, false);
  const MemberFacts& facts = member.Probe(Soon());
  CHECK(facts.round_ok);
  CHECK_FALSE(facts.error);
  CHECK_FALSE(facts.oplog);
  CHECK_FALSE(facts.compatibility);
  CHECK_FALSE(facts.fsync_locked);
  node->TakeCalls();
  member.Probe(Soon());
  CHECK(node->TakeCalls() == Calls{"login hello", "login replSetGetStatus", "login serverStatus"});
}

TEST_CASE("states that a member tells by refusing are no errors") {
  for (const int code : {kNotYetInitialized, kInvalidReplicaSetConfig, kNoReplicationEnabled}) {
    const auto node = Recorded("healthy/27101");
    node->Answer("replSetGetStatus", Refusal(code));
    Member member(FakeSessions(node), false, false);
    const MemberFacts& facts = member.Probe(Soon());
    CHECK(facts.round_ok);
    CHECK_FALSE(facts.error);
    CHECK(facts.status_code == code);
  }
}

TEST_CASE("a silent member keeps what it told last") {
  const auto node = Recorded("healthy/27101");
  Member member(FakeSessions(node), false, false);
  member.Probe(Soon());
  node->Fail(Error{ErrorCode::kTimeout, "socket timeout"});
  const MemberFacts& facts = member.Probe(Soon());
  CHECK_FALSE(facts.answered);
  CHECK(facts.error->code == ErrorCode::kTimeout);
  CHECK(facts.hello->last_write.has_value());
  CHECK(facts.config != nullptr);
  node->Fail(std::nullopt);
  node->TakeCalls();
  member.Sample(Soon());
  CHECK(facts.answered);
  CHECK(node->TakeCalls().size() >= 3);
}

TEST_CASE("an answer that is no BSON is an error of the member") {
  const auto node = std::make_shared<FakeNode>();
  node->Answer("hello", "HTTP/1.1 400 Bad Request");
  Member member(FakeSessions(node), false, false);
  CHECK(member.Probe(Soon()).error->code == ErrorCode::kParse);
}

}  // namespace
}  // namespace replicawatch::mongo
