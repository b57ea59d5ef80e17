#include <doctest/doctest.h>

#include "common/metrics/lint.h"
#include "exporters/mongo/collectors/table.h"
#include "exporters/mongo/parse/command_result.h"
#include "exporters/mongo/parse/details.h"
#include "exporters/mongo/parse/hello.h"
#include "exporters/mongo/parse/repl_set_config.h"
#include "exporters/mongo/parse/repl_set_status.h"
#include "exporters/mongo/parse/server_status.h"
#include "exporters/mongo/session.h"
#include "exporters/mongo/settings.h"
#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

std::string Recorded(const std::string& name) { return ReadTestdata("mongo/6.0.5/" + name); }

/// Everything that reads answers, on one answer. The result does not matter, only that it returns.
void ParseAll(std::string_view bytes) {
  (void)ParseCommandResult(bytes);
  (void)ParseHello(bytes);
  (void)ParseReplSetStatus(bytes);
  (void)ParseReplSetConfig(bytes);
  (void)ParseServerStatus(bytes);
  (void)ParseOplogStats(bytes);
  (void)ParseCompatibility(bytes);
  (void)ParseFsyncLock(bytes);
}

TEST_CASE("hello of a primary tells the set, the term and the position") {
  const Result<Hello> hello = ParseHello(Recorded("healthy/27103.hello.bson"));
  REQUIRE(hello);
  CHECK(hello->set_name == "rs0");
  CHECK(hello->me == "127.0.0.1:27103");
  CHECK(hello->primary == "127.0.0.1:27103");
  CHECK(hello->writable_primary);
  CHECK_FALSE(hello->secondary);
  CHECK(hello->hosts.size() == 3);
  CHECK(hello->election_term == 2);
  REQUIRE(hello->last_write);
  CHECK(hello->last_write->term == 2);
  CHECK(hello->last_write_ms.value() / 1000 == hello->last_write->seconds);
}

TEST_CASE("hello of a secondary has no election") {
  const Result<Hello> hello = ParseHello(Recorded("healthy/27101.hello.bson"));
  REQUIRE(hello);
  CHECK(hello->secondary);
  CHECK_FALSE(hello->writable_primary);
  CHECK_FALSE(hello->election_term);
}

TEST_CASE("replSetGetStatus of a primary tells counts, members and its election") {
  const Result<ReplSetStatus> status =
      ParseReplSetStatus(Recorded("healthy/27103.replSetGetStatus.bson"));
  REQUIRE(status);
  CHECK(status->my_state == kStatePrimary);
  CHECK(status->term == 2);
  CHECK(status->majority_vote_count == 2);
  CHECK(status->write_majority_count == 2);
  CHECK(status->heartbeat_interval_ms == 500);
  CHECK(status->last_election_ms.has_value());
  CHECK(status->majority_writes_ms.value() >= status->last_election_ms.value());
  REQUIRE(status->last_seen_at_election);
  CHECK(status->last_seen_at_election->term < 3);
  REQUIRE(status->members.size() == 3);
  CHECK(status->members[2].self);
  CHECK(status->members[0].healthy);
  CHECK(status->members[0].position.has_value());
  CHECK(status->members[0].last_heartbeat_recv_ms.has_value());
}

TEST_CASE("a member that is down has no position but keeps its wall clock") {
  const Result<ReplSetStatus> status =
      ParseReplSetStatus(Recorded("one_down/27103.replSetGetStatus.bson"));
  REQUIRE(status);
  const SeenMember& down = status->members.at(0);
  CHECK_FALSE(down.healthy);
  CHECK(down.state == kStateDown);
  CHECK_FALSE(down.position);
  CHECK(down.applied_wall_ms.has_value());
}

TEST_CASE("replSetGetConfig names arbiters, hidden and delayed members") {
  const Result<ReplSetConfig> config =
      ParseReplSetConfig(Recorded("mixed/27111.replSetGetConfig.bson"));
  REQUIRE(config);
  CHECK(config->id == "rs0");
  CHECK(config->version.has_value());
  CHECK(config->replica_set_id.value().size() == 24);
  REQUIRE(config->members.size() == 4);
  CHECK(config->members[0].electable());
  CHECK(config->members[2].arbiter);
  CHECK_FALSE(config->members[2].electable());
  CHECK(config->members[3].hidden);
  CHECK(config->members[3].votes == 0);
  CHECK(config->members[3].delay_seconds == 20);
}

TEST_CASE("serverStatus tells rollback id, version and oplog") {
  const Result<ServerStatus> server =
      ParseServerStatus(Recorded("healthy/27101.serverStatus.bson"));
  REQUIRE(server);
  CHECK(server->version == "6.0.5");
  CHECK(server->rollback_id.value() >= 1);
  CHECK(server->oplog_last.value() >= server->oplog_first.value());
  CHECK(server->default_majority);
}

std::optional<double> Read(const ServerStatus& server, Reading reading) {
  return server.readings[static_cast<size_t>(reading)];
}

TEST_CASE("serverStatus tells of the oplog's way and of elections, in seconds and bytes") {
  const auto primary = ParseServerStatus(Recorded("healthy/27103.serverStatus.bson"));
  const auto secondary = ParseServerStatus(Recorded("healthy/27101.serverStatus.bson"));
  REQUIRE(primary);
  REQUIRE(secondary);
  CHECK(Read(*secondary, Reading::kBufferMaxBytes) == 268435456);
  CHECK(Read(*secondary, Reading::kFetchedOperations).value() > 0);
  CHECK(Read(*secondary, Reading::kApplySeconds).value() < 10);
  CHECK(Read(*primary, Reading::kFlowControlEnabled) == 1);
  CHECK(Read(*primary, Reading::kFlowControlLagged) == 0);
  CHECK(Read(*primary, Reading::kWriteTimeouts) == 0);
  // Not configured on this server.
  CHECK_FALSE(Read(*primary, Reading::kRetentionSeconds));
  CHECK(primary->last_transition == "stepUp");
  CHECK(secondary->last_transition == "stepDown");
  CHECK_FALSE(ParseServerStatus(Recorded("healthy/27102.serverStatus.bson"))->last_transition);
  REQUIRE(std::string_view(kElectionReasons[0]) == "stepUpCmd");
  CHECK(primary->elections[0].called.value() >= 1);
  CHECK(primary->elections[0].successful.value() >= 1);
  // What the exporter leaves out of its question is not there.
  CHECK(Recorded("healthy/27103.serverStatus.bson").find("wiredTiger") == std::string::npos);
}

TEST_CASE("every reading has a source") {
  for (size_t i = 0; i < kReadings; ++i)
    CHECK(SourceOf(static_cast<Reading>(i)).starts_with("serverStatus "));
  CHECK(
      SourceOf(Reading::kBufferBytes) ==
      "serverStatus metrics.repl.buffer.sizeBytes, since 8.0 metrics.repl.buffer.apply.sizeBytes");
}

TEST_CASE("an initial sync tells how far it is") {
  const auto status = ParseReplSetStatus(Recorded("initial_sync/27103.replSetGetStatus.bson"));
  REQUIRE(status);
  CHECK(status->my_state == kStateStartup2);
  REQUIRE(status->initial_sync);
  CHECK(status->initial_sync->size_bytes.value() > 1e6);
  CHECK(status->initial_sync->copied_bytes.value() <= *status->initial_sync->size_bytes);
  CHECK(status->initial_sync->elapsed_seconds.value() > 0);
  CHECK(status->initial_sync->failed_attempts == 0);
  CHECK(status->initial_sync->max_failed_attempts == 10);
  const auto done = ParseReplSetStatus(Recorded("healthy/27101.replSetGetStatus.bson"));
  CHECK_FALSE(done->initial_sync);
}

TEST_CASE("the oplog's size, the compatibility and the lock") {
  const auto oplog = ParseOplogStats(Recorded("healthy/27101.collStats.bson"));
  REQUIRE(oplog);
  CHECK(oplog->limit_bytes == 990.0 * (1 << 20));
  CHECK(oplog->size_bytes.value() > 0);
  const auto version = ParseCompatibility(Recorded("healthy/27101.getParameter.bson"));
  REQUIRE(version);
  CHECK(version->version == "6.0");
  CHECK_FALSE(version->in_transition);
  CHECK_FALSE(ParseCompatibility(Recorded("healthy/27101.hello.bson")));
  CHECK(ParseFsyncLock(Recorded("healthy/27101.currentOp.bson")) == false);
}

TEST_CASE("a standalone server has no set to tell of") {
  const auto hello = ParseHello(Recorded("standalone/27121.hello.bson"));
  REQUIRE(hello);
  CHECK_FALSE(hello->set_name);
  CHECK(hello->writable_primary);
  const auto result = ParseCommandResult(Recorded("standalone/27121.replSetGetStatus.bson"));
  CHECK(result->code == kNoReplicationEnabled);
}

TEST_CASE("an answer cut anywhere, or with any byte changed, is an error or has less in it") {
  for (const char* name : {"healthy/27103.hello.bson", "healthy/27103.replSetGetStatus.bson",
                           "mixed/27111.replSetGetConfig.bson", "healthy/27101.serverStatus.bson",
                           "initial_sync/27103.replSetGetStatus.bson",
                           "healthy/27101.getParameter.bson", "healthy/27101.currentOp.bson"}) {
    const std::string whole = Recorded(name);
    for (size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(ParseHello(std::string_view(whole).substr(0, size)));
      ParseAll(std::string_view(whole).substr(0, size));
    }
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const int change : {0x01, 0x80, 0xff}) {
        std::string broken = whole;
        broken[at] = static_cast<char>(broken[at] ^ change);
        ParseAll(broken);
      }
    }
  }
}

TEST_CASE("a document nested without end does not exhaust the stack") {
  std::string bytes;
  for (int depth = 0; depth < 100000; ++depth) {
    const auto size = static_cast<uint32_t>(bytes.size() + 4 + 1 + 5 + 1 + (bytes.empty() ? 5 : 0));
    const std::string inner = bytes.empty() ? std::string("\5\0\0\0\0", 5) : bytes;
    std::string outer(reinterpret_cast<const char*>(&size), 4);
    outer += std::string("\3lastW", 6).substr(0, 1) + "last" + '\0' + inner + '\0';
    bytes = std::move(outer);
    if (bytes.size() > 200000) break;
  }
  ParseAll(bytes);
}

TEST_CASE("positions are ordered by term first") {
  const OpTime old_term{1, 200, 1};
  const OpTime new_term{2, 100, 1};
  CHECK(old_term < new_term);
  CHECK(OpTime{2, 100, 1} < OpTime{2, 100, 2});
  CHECK(OpTime{2, 100, 9} < OpTime{2, 101, 1});
}

TEST_CASE("a refusal is told apart by its code and by whether there was a login") {
  const CommandResult unauthorized{false, kUnauthorized, "not authorized"};
  CHECK(RefusalError("x", unauthorized, true).code == ErrorCode::kPermission);
  CHECK(RefusalError("x", unauthorized, false).code == ErrorCode::kAuth);
  const CommandResult wordy{false, kUnauthorized, "not authorized to execute command { x: 1 }"};
  CHECK(RefusalError("x", wordy, true).message == "x: not authorized to execute command");
  CHECK(RefusalError("x", {false, kCommandNotFound, ""}, true).code == ErrorCode::kUnsupported);
  CHECK(RefusalError("x", {false, kMaxTimeExpired, ""}, true).code == ErrorCode::kTimeout);
}

TEST_CASE("errors of the driver get the code of their cause") {
  using enum ErrorCode;
  CHECK(ClassifyDriverError("connection refused calling hello on 'h:1'", false, false) == kConnect);
  CHECK(ClassifyDriverError("Failed to resolve 'nohost'", false, false) == kConnect);
  CHECK(ClassifyDriverError("socket timeout calling hello on 'h:1'", false, true) == kTimeout);
  CHECK(ClassifyDriverError("connection timeout calling hello", false, true) == kTimeout);
  CHECK(ClassifyDriverError("Failed to read 4 bytes: socket error or timeout", false, true) ==
        kTimeout);
  CHECK(ClassifyDriverError("Failed to read 4 bytes: socket error or timeout", true, false) ==
        kProtocol);
  CHECK(ClassifyDriverError("Authentication failed.", true, false) == kAuth);
  CHECK(ClassifyDriverError("The server is in quiesce mode and will shut down", true, false) ==
        kConnect);
  CHECK(ClassifyDriverError("Invalid reply from server.", false, false) == kProtocol);
}

TEST_CASE("a connection string is taken apart") {
  const Result<Settings> settings = ParseSettings(
      "mongodb://us%40er:pa%2Fss@a:1,[::1]:2/adm?replicaSet=x&tls=true&tlsCAFile=/ca.pem");
  REQUIRE(settings);
  CHECK(settings->seeds == std::vector<std::string>{"a:1", "[::1]:2"});
  CHECK(settings->user == "us@er");
  CHECK(settings->password.Reveal() == "pa/ss");
  CHECK(settings->auth_source == "adm");
  CHECK(settings->tls_options == "tls=true&tlsCAFile=/ca.pem");
  CHECK(settings->has_login());
}

TEST_CASE("a bare host list is a connection string, and the default port is known") {
  const Result<Settings> settings = ParseSettings("db1,db2:27018");
  REQUIRE(settings);
  CHECK(settings->seeds == std::vector<std::string>{"db1:27017", "db2:27018"});
  CHECK_FALSE(settings->has_login());
}

TEST_CASE("a broken connection string is refused without repeating its password") {
  const Result<Settings> settings = ParseSettings("mongodb://user:sec/ret@host:1x/");
  REQUIRE_FALSE(settings);
  CHECK(settings.error().message.find("ret") == std::string::npos);
  CHECK_FALSE(ParseSettings("mongodb+srv://user:pw@host,other/"));
}

TEST_CASE("mongodb+srv:// leaves the seeds to the name service, and means TLS") {
  auto settings = ParseSettings("mongodb+srv://user@shop.example.com/?replicaSet=rs");
  REQUIRE(settings);
  CHECK(settings->srv_host == "shop.example.com");
  CHECK(settings->user == "user");
  CHECK(settings->tls_options == "tls=true");
  ApplySrv({{"a.example.com:1"}, "authSource=shop&replicaSet=rs"}, *settings);
  CHECK(settings->seeds == std::vector<std::string>{"a.example.com:1"});
  CHECK(settings->auth_source == "shop");
  // What is said in the connection string wins.
  settings = ParseSettings("mongodb+srv://user@shop.example.com/?tls=false&authSource=admin");
  REQUIRE(settings);
  CHECK(settings->tls_options == "tls=false");
  ApplySrv({{"a.example.com:1"}, "authSource=shop"}, *settings);
  CHECK(settings->auth_source == "admin");
}

TEST_CASE("members are asked what the chosen collectors tell of") {
  const auto topics_of = [](std::string_view name) {
    CollectorSet chosen;
    for (size_t i = 0; i < Collectors().size(); ++i)
      if (Collectors()[i].info.name == name) chosen.Add(i);
    return TopicsOf(chosen);
  };
  CHECK(topics_of("deployment").empty());
  CHECK(topics_of("configuration").empty());
  CHECK(topics_of("node").Has(Topic::kNode));
  CHECK(topics_of("dbstats").Has(Topic::kDatabases));
  CHECK(topics_of("collstats").Has(Topic::kCollections));
  CHECK(topics_of("indexstats").Has(Topic::kIndexes));
  CHECK(topics_of("top").Has(Topic::kTop));
  CHECK(topics_of("currentop").Has(Topic::kOperations));
  CHECK(topics_of("profile").Has(Topic::kProfiles));
  CHECK(topics_of("shards").Has(Topic::kShards));
  CHECK_FALSE(topics_of("shards").Has(Topic::kNode));
}

TEST_CASE("all families keep to the naming rules") {
  for (const Collector<View>& collector : Collectors()) {
    const bool drop_in = !collector.info.default_on;  // under the names of mongodb_exporter
    for (const std::string& fault : LintMetrics(collector.metrics, drop_in)) FAIL_CHECK(fault);
  }
}

}  // namespace
}  // namespace replicawatch::mongo
