#include "exporters/redis/collectors/node.h"

#include <doctest/doctest.h>

#include <string>

#include "exporters/redis/resp.h"
#include "tests/unit/redis/node_page.h"
#include "tests/unit/testdata.h"

namespace replicawatch::redis {
namespace {

const std::string kFolder = "redis/7.0.15/sentinel/";

TEST_CASE("node: a master as redis_exporter shows it") {
  const Page page(ReadTestdata(kFolder + "master-all.info"));
  CHECK(page.Has("redis_up", "", "1"));
  CHECK(page.Has("redis_start_time_seconds", "", "1.5"));
  CHECK(page.Has("redis_memory_max_bytes", "", "0"));
  CHECK(page.Has("redis_connected_slaves", "", "2"));
  CHECK(page.Has("redis_total_system_memory_bytes", "", "25276063744"));
  CHECK(page.Has("redis_rdb_last_bgsave_status", "", "1"));
  CHECK(page.Has("redis_rdb_current_bgsave_duration_sec", "", "-1"));
  CHECK(page.Has("redis_db_keys", R"(db="db0")", "31"));
  CHECK(page.Has("redis_db_keys_expiring", R"(db="db0")", "1"));
  CHECK(page.Has("redis_db_avg_ttl_seconds", R"(db="db0")", "989.448"));
  CHECK(page.Has("redis_db_keys", R"(db="db3")", "1"));
  CHECK_FALSE(page.HasAny("redis_db_keys_cached"));
  CHECK(page.Has("redis_commands_total", R"(cmd="client|setname")", "7"));
  CHECK(page.Has("redis_commands_duration_seconds_total", R"(cmd="set")", "0.000359"));
  CHECK(page.Has("redis_commands_failed_calls_total", R"(cmd="lpush")", "1"));
  CHECK(page.Has("redis_commands_rejected_calls_total", R"(cmd="ping")", "2"));
  CHECK(page.Has("redis_errors_total", R"(err="WRONGTYPE")", "1"));
  CHECK(page.Has("redis_latency_percentiles_usec", R"(cmd="auth",quantile="99.9")", "45.055"));
  CHECK(page.Has("redis_latency_percentiles_usec_count", R"(cmd="auth")", "65"));
  CHECK(page.Has("redis_latency_percentiles_usec_sum", R"(cmd="auth")", "649"));
  CHECK_FALSE(page.HasAny("redis_master_link_up"));
  CHECK_FALSE(page.HasAny("redis_sentinel_masters"));
}

TEST_CASE("node: a replica and its link") {
  const Page page(ReadTestdata(kFolder + "replica-all.info"));
  const std::string master = R"(master_host="127.0.0.1",master_port="22912")";
  CHECK(page.Has("redis_master_link_up", master, "1"));
  CHECK(page.Has("redis_master_sync_in_progress", master, "0"));
  CHECK(page.Has("redis_slave_info", master + R"(,read_only="1")", "1"));
  CHECK(page.Has("redis_slave_priority", "", "100"));
  CHECK_FALSE(page.HasAny("redis_connected_slave_lag_seconds"));
}

TEST_CASE("node: the lag of a replica that is not online is not told") {
  const Page page(
      "# Replication\r\nrole:master\r\n"
      "slave0:ip=1.1.1.1,port=1,state=wait_bgsave,offset=0,lag=0\r\n"
      "slave1:ip=1.1.1.1,port=2,state=online,offset=50,lag=1,io-thread=0\r\n");
  CHECK(page.Has("redis_connected_slave_offset_bytes",
                 R"(slave_ip="1.1.1.1",slave_port="1",slave_state="wait_bgsave")", "0"));
  CHECK(page.Has("redis_connected_slave_lag_seconds",
                 R"(slave_ip="1.1.1.1",slave_port="2",slave_state="online")", "1"));
  CHECK_FALSE(page.Has("redis_connected_slave_lag_seconds",
                       R"(slave_ip="1.1.1.1",slave_port="1",slave_state="wait_bgsave")", "0"));
}

TEST_CASE("node: keyspace items are found by name") {
  const Page page("# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=10,subexpiry=7\r\ndb1:expires=x\r\n");
  CHECK(page.Has("redis_db_keys_with_expiring_items", R"(db="db0")", "7"));
  CHECK_FALSE(page.HasAny("redis_db_keys_cached"));
  CHECK_FALSE(page.Has("redis_db_keys_expiring", R"(db="db1")", "0"));
}

TEST_CASE("node: a Sentinel") {
  SentinelMaster known;
  known.master = ParseSentinelEntries(DecodeReply(ReadTestdata(kFolder + "masters.resp")).value())
                     .value()
                     .at(0);
  known.peers = {{}, {}};
  known.peers[1].flags = "sentinel,s_down";
  known.peers[1].name = known.peers[1].run_id = "abc";
  known.peers[1].address = "10.0.0.1:26379";
  known.quorum_check = QuorumCheck{false, 1, "NOQUORUM 1 usable Sentinels."};
  NodeView node;
  node.masters = {known};
  const Page page(ReadTestdata(kFolder + "sentinel-all.info"), node);
  CHECK(page.Has("redis_sentinel_master_status",
                 R"(master_name="gogotex",master_address="127.0.0.1:22912",master_status="ok")",
                 "1"));
  CHECK(page.Has("redis_sentinel_master_slaves",
                 R"(master_name="gogotex",master_address="127.0.0.1:22912")", "2"));
  const std::string master = R"(master_name="gogotex",master_address="127.0.0.1:17003")";
  CHECK(page.Has("redis_sentinel_master_setting_ckquorum", master, "2"));
  CHECK(page.Has("redis_sentinel_master_ok_sentinels", master, "2"));
  CHECK(page.Has("redis_sentinel_master_ok_slaves", master, "0"));
  CHECK(page.Has("redis_sentinel_master_ckquorum_status",
                 R"(master_name="gogotex",message="NOQUORUM 1 usable Sentinels.")", "0"));
  CHECK(page.Has(
      "redis_sentinel_peer_info",
      master + R"(,name="abc",ip="10.0.0.1",port="26379",runid="abc",flags="sentinel,s_down")",
      "1"));
  CHECK(page.Has("redis_sentinel_tilt", "", "0"));
  CHECK_FALSE(page.HasAny("redis_db_keys"));
}

TEST_CASE("node: settings, empty databases, the slow log") {
  NodeView node;
  node.settings = {{"maxclients", "10000"},
                   {"databases", "2"},
                   {"client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60"}};
  node.slow_log_length = 0;
  const Page page("# Keyspace\r\ndb1:keys=3,expires=1,avg_ttl=0\r\n", node);
  CHECK(page.Has("redis_config_maxclients", "", "10000"));
  CHECK_FALSE(page.HasAny("redis_config_maxmemory"));
  CHECK(page.Has("redis_config_client_output_buffer_limit_bytes", R"(class="slave",limit="hard")",
                 "268435456"));
  CHECK(page.Has("redis_config_client_output_buffer_limit_overcome_seconds",
                 R"(class="slave",limit="soft")", "60"));
  CHECK(page.Has("redis_db_keys", R"(db="db0")", "0"));
  CHECK(page.Has("redis_db_keys", R"(db="db1")", "3"));
  CHECK_FALSE(page.Has("redis_db_keys", R"(db="db2")", "0"));
  CHECK(page.Has("redis_slowlog_length", "", "0"));
  CHECK_FALSE(page.HasAny("redis_slowlog_last_id"));
}

TEST_CASE("node: the newest entry of the slow log") {
  const auto parse = [](std::string_view bytes) { return ParseSlowLogEntry(*DecodeReply(bytes)); };
  const auto entry =
      parse("*1\r\n*6\r\n:14\r\n:1795492515\r\n:12345\r\n*1\r\n$4\r\nKEYS\r\n$0\r\n\r\n$0\r\n\r\n");
  REQUIRE(entry.has_value());
  CHECK(entry->id == 14);
  CHECK(entry->microseconds == 12345);
  CHECK_FALSE(parse("*0\r\n").has_value());
  CHECK_FALSE(parse("-NOPERM no\r\n").has_value());
  CHECK_FALSE(parse("*1\r\n*2\r\n:1\r\n:2\r\n").has_value());
}

TEST_CASE("node: one that does not answer is only down") {
  View view;
  view.nodes.emplace_back().member = "m:1";
  SampleSink sink;
  EmitNode(view, sink);
  const Snapshot page = sink.Finish();
  REQUIRE(page.lines.size() == 1);
  CHECK(page.lines[0].desc->name == "redis_up");
  CHECK(page.lines[0].value == 0);
}

TEST_CASE("node: the answer to CKQUORUM") {
  const auto parse = [](std::string_view bytes) { return ParseQuorumCheck(*DecodeReply(bytes)); };
  const auto ok =
      parse("+OK 3 usable Sentinels. Quorum and failover authorization can be reached\r\n");
  REQUIRE(ok.has_value());
  CHECK(ok->reached);
  CHECK(ok->usable == 3);
  const auto lost = parse("-NOQUORUM 1 usable Sentinels. Not enough available Sentinels\r\n");
  REQUIRE(lost.has_value());
  CHECK_FALSE(lost->reached);
  CHECK(lost->usable == 1);
  // Nothing is known then; it is no lost quorum.
  CHECK_FALSE(parse("-ERR No such master with that name\r\n").has_value());
  CHECK_FALSE(parse("-NOPERM this user has no permissions\r\n").has_value());
}

TEST_CASE("threads for I/O, a line each in Redis 8") {
  const Page page(
      "# CPU\r\nused_active_time_io_thread_1:1.5\r\nused_active_time_io_thread_2:2\r\n");
  CHECK(page.Has("redis_active_time_io_thread_seconds_total", R"(thread="1")", "1.5"));
  CHECK(page.Has("redis_active_time_io_thread_seconds_total", R"(thread="2")", "2"));
}

}  // namespace
}  // namespace replicawatch::redis
