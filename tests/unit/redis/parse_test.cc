#include <doctest/doctest.h>

#include "exporters/redis/parse/address.h"
#include "exporters/redis/parse/info.h"
#include "exporters/redis/parse/latency.h"
#include "exporters/redis/parse/seed.h"
#include "exporters/redis/parse/sentinel.h"
#include "exporters/redis/resp.h"
#include "tests/unit/testdata.h"

namespace replicawatch::redis {
namespace {

const std::string kFolder = "redis/7.0.15/sentinel/";

Reply Recorded(const std::string& name) {
  return DecodeReply(ReadTestdata(kFolder + name)).value();
}

TEST_CASE("INFO of a master with a replica after a failover") {
  const Info info = ParseInfo(InfoText(ReadTestdata(kFolder + "master.info"))).value();
  const Replication& replication = info.replication;
  CHECK(replication.role == Role::kMaster);
  CHECK(info.version == "7.0.15");
  CHECK(info.run_id.size() == 40);
  CHECK(info.server_time_microseconds.value() > 1'700'000'000'000'000);
  CHECK_FALSE(info.loading);
  CHECK(info.max_memory_bytes.value() == 0);
  CHECK(info.max_memory_policy == "noeviction");
  CHECK(replication.good_replicas.value() == 2);
  REQUIRE(replication.attached.size() == 2);
  CHECK(replication.attached[0].address == "127.0.0.1:17002");
  CHECK(replication.attached[0].state == "online");
  CHECK(replication.attached[0].offset.value() > 0);
  CHECK(replication.id.size() == 40);
  CHECK(replication.previous_id_ends_at.value() == 40129);
  CHECK(replication.backlog_size.value() == 1048576);
  CHECK_FALSE(replication.replica_offset.has_value());
}

TEST_CASE("INFO of Valkey 8 has other words for the mode and the version") {
  const InfoText text(
      "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n"
      "server_mode:sentinel\r\n# Sentinel\r\nsentinel_tilt:0\r\n");
  CHECK(text.Mode() == "sentinel");
  const Info info = ParseInfo(text).value();
  CHECK(info.replication.role == Role::kSentinel);
  CHECK(info.version == "8.1.1");
}

TEST_CASE("LATENCY HISTOGRAM and LATEST") {
  const auto recorded = [](const char* name) {
    return DecodeReply(ReadTestdata(std::string("redis/7.0.15/latency/") + name)).value();
  };
  const auto commands = ParseLatencyHistogram(recorded("histogram.resp")).value();
  const auto eval = std::find_if(commands.begin(), commands.end(),
                                 [](const auto& command) { return command.command == "eval"; });
  REQUIRE(eval != commands.end());
  CHECK(eval->calls == 10);
  REQUIRE(eval->buckets.size() == 8);
  CHECK(eval->buckets[0].microseconds == 132);
  CHECK(eval->buckets[0].count == 1);
  CHECK(eval->buckets[7].microseconds == 135266);
  CHECK(eval->buckets[7].count == 10);

  const auto spikes = ParseLatencyLatest(recorded("latest.resp")).value();
  REQUIRE(spikes.size() == 1);
  CHECK(spikes[0].event == "command");
  CHECK(spikes[0].unix_seconds > 1'700'000'000);
  CHECK(spikes[0].milliseconds == 9);

  Reply refused;
  refused.kind = Reply::Kind::kError;
  CHECK_FALSE(ParseLatencyHistogram(refused).has_value());
  CHECK_FALSE(ParseLatencyLatest(refused).has_value());
  const std::string whole = ReadTestdata("redis/7.0.15/latency/histogram.resp");
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(DecodeReply(whole.substr(0, size)).has_value());
}

TEST_CASE("INFO of a replica") {
  const Replication replication =
      ParseInfo(InfoText(ReadTestdata(kFolder + "replica.info"))).value().replication;
  CHECK(replication.role == Role::kReplica);
  CHECK(replication.master_address == "127.0.0.1:17003");
  CHECK(replication.master_link_up);
  CHECK_FALSE(replication.sync_in_progress);
  CHECK(replication.priority.value() == 100);
  CHECK(replication.replica_offset.value() > 0);
  CHECK_FALSE(replication.link_down_seconds.has_value());
}

TEST_CASE("INFO of a Sentinel") {
  const Info info = ParseInfo(InfoText(ReadTestdata(kFolder + "sentinel.info"))).value();
  CHECK(info.replication.role == Role::kSentinel);
  CHECK_FALSE(info.tilt);
}

TEST_CASE("INFO lines are found by name, in any order and with fields that are not known") {
  const Info info =
      ParseInfo(InfoText("x:y\r\n# "
                         "Replication\r\nslave12:port=2,ip=::1,new=7,state=online\r\nrole:"
                         "slave\r\nmaster_port:1\r\n"
                         "slave_priority:0\r\nmaster_host:::1\r\nmaster_link_down_since_seconds:-"
                         "1\r\nvalkey_version:8.1.0\r\n"
                         "redis_version:7.2.4\r\nloading:1\r\nmaster_repl_offset:"
                         "99999999999999999999\r\nnocolon\r\n:\r\n"))
          .value();
  CHECK(info.replication.master_address == "[::1]:1");
  CHECK(info.replication.attached.at(0).address == "[::1]:2");
  CHECK_FALSE(info.replication.attached.at(0).offset.has_value());
  CHECK(info.replication.priority.value() == 0);
  CHECK_FALSE(info.replication.link_down_seconds.has_value());
  CHECK_FALSE(info.replication.master_offset.has_value());
  CHECK(info.version == "8.1.0");
  CHECK(info.loading);
}

TEST_CASE("what is no INFO answer is refused") {
  CHECK_FALSE(ParseInfo(InfoText("")).has_value());
  CHECK_FALSE(ParseInfo(InfoText("HTTP/1.1 400 Bad Request\r\n\r\n")).has_value());
}

TEST_CASE("INFO cut at any byte is read or refused, never worse") {
  const std::string whole = ReadTestdata(kFolder + "master.info");
  for (size_t size = 0; size < whole.size(); ++size)
    (void)ParseInfo(InfoText(whole.substr(0, size)));
  CHECK(ParseInfo(InfoText(whole.substr(0, whole.size() / 2))).has_value());
}

TEST_CASE("SENTINEL MASTERS, SLAVES and SENTINELS") {
  const auto masters = ParseSentinelEntries(Recorded("masters.resp")).value();
  REQUIRE(masters.size() == 1);
  CHECK(masters[0].name == "gogotex");
  CHECK(masters[0].address == "127.0.0.1:17003");
  CHECK(masters[0].config_epoch.value() == 1);
  CHECK(masters[0].quorum.value() == 2);
  CHECK(masters[0].parallel_syncs.value() == 1);
  CHECK(masters[0].down_after_ms.value() > 0);
  CHECK(masters[0].failover_timeout_ms.value() > 0);
  CHECK(masters[0].last_ok_ping_ms.has_value());
  CHECK(masters[0].HasFlag("master"));
  CHECK_FALSE(masters[0].HasFlag("s_down"));
  const auto replicas = ParseSentinelEntries(Recorded("slaves.resp")).value();
  REQUIRE(replicas.size() == 2);
  CHECK(replicas[0].HasFlag("slave"));
  CHECK(ParseSentinelEntries(Recorded("sentinels.resp")).value().size() == 2);
}

TEST_CASE("an answer of another shape is refused") {
  const Reply denied = Recorded("noperm.resp");
  CHECK(denied.is_error());
  CHECK(denied.ErrorWord() == "NOPERM");
  CHECK_FALSE(ParseSentinelEntries(denied).has_value());
  CHECK_FALSE(ParseSentinelEntries(DecodeReply("*1\r\n:1\r\n").value()).has_value());
  CHECK(ParseSentinelEntries(DecodeReply("*1\r\n*2\r\n$4\r\nname\r\n$1\r\nx\r\n").value())
            .value()
            .empty());
}

TEST_CASE("an answer cut at any byte is incomplete, one of another protocol is an error") {
  const std::string whole = ReadTestdata(kFolder + "sentinels.resp");
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(DecodeReply(whole.substr(0, size)).has_value());
  CHECK_FALSE(DecodeReply("HTTP/1.1 400 Bad Request\r\n").has_value());
}

TEST_CASE("an answer of any kind becomes a value") {
  const Reply list =
      DecodeReply("*6\r\n+OK\r\n:-7\r\n$-1\r\n*-1\r\n-ERR no\r\n*2\r\n*1\r\n$1\r\na\r\n$0\r\n\r\n")
          .value();
  REQUIRE(list.elements.size() == 6);
  CHECK(list.elements[0].text == "OK");
  CHECK(list.elements[1].kind == Reply::Kind::kInteger);
  CHECK(list.elements[1].integer == -7);
  CHECK(list.elements[2].kind == Reply::Kind::kNil);
  CHECK(list.elements[3].kind == Reply::Kind::kNil);
  CHECK(list.elements[4].is_error());
  REQUIRE(list.elements[5].elements.size() == 2);
  CHECK(list.elements[5].elements[0].elements[0].text == "a");
  CHECK(list.elements[5].elements[1].kind == Reply::Kind::kText);
}

TEST_CASE("an answer that nests without end is refused") {
  std::string nested;
  for (int i = 0; i < 7; ++i) nested += "*1\r\n";
  CHECK(DecodeReply(nested + ":1\r\n").has_value());
  nested.clear();
  for (int i = 0; i < 100'000; ++i) nested += "*1\r\n";
  const auto reply = DecodeReply(nested);
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == ErrorCode::kProtocol);
}

TEST_CASE("a Sentinel's hello") {
  const SentinelHello hello =
      ParseSentinelHello("127.0.0.1,17101,abc,3,gogotex,127.0.0.1,17001,3").value();
  CHECK(hello.address == "127.0.0.1:17101");
  CHECK(hello.master_name == "gogotex");
  CHECK_FALSE(ParseSentinelHello("127.0.0.1,17101,abc").has_value());
  CHECK_FALSE(ParseSentinelHello(",x,,,,,,").has_value());
}

TEST_CASE("addresses and seeds") {
  CHECK(SplitAddress("[::1]:5").value().host == "::1");
  for (const char* bad :
       {"", "host", "host:", ":5", "host:0", "host:65536", "::1:5", "[::1:5", "[]:5", "host:x"}) {
    CHECK_FALSE_MESSAGE(SplitAddress(bad).has_value(), bad);
  }
  CHECK(ParseSeed("localhost").value().address == "localhost:6379");
  CHECK(ParseSeed("redis://[::1]").value().address == "[::1]:6379");
  CHECK_FALSE(ParseSeed("redis://h").value().tls);
  CHECK_FALSE(ParseSeed("h").value().tls);
  CHECK(ParseSeed("rediss://h").value().tls);
  CHECK(ParseSeed("valkeys://h:1").value().tls);
  CHECK(ParseSeed("valkey://h:1").value().address == "h:1");
  CHECK(ParseSeed("unix:///run/redis.sock").value().address == "unix:///run/redis.sock");
  CHECK(SplitAddress("unix:///run/redis.sock").value().host == "/run/redis.sock");
  CHECK(SplitAddress("unix:///run/redis.sock").value().port == 0);
  CHECK_FALSE(ParseSeed("unix://run/redis.sock").has_value());
  const Seed seed = ParseSeed("redis://u:p@ss@h:1/0").value();
  CHECK(seed.address == "h:1");
  CHECK(seed.user == "u");
  CHECK(seed.password.Reveal() == "p@ss");
  const auto refused = ParseSeed("http://u:topsecret@h");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("topsecret") == std::string::npos);
}

}  // namespace
}  // namespace replicawatch::redis
