// What only some collectors ask for: client lists, output buffers, modules, settings.

#include "exporters/redis/extras.h"

#include <doctest/doctest.h>

#include "exporters/redis/parse/buffer_limit.h"
#include "exporters/redis/parse/configuration.h"
#include "exporters/redis/replica_buffers.h"
#include "exporters/redis/resp.h"
#include "tests/unit/redis/node_page.h"
#include "tests/unit/testdata.h"

namespace replicawatch::redis {
namespace {

Reply Recorded(const std::string& name) {
  return DecodeReply(ReadTestdata("redis/7.0.15/extras/" + name)).value();
}

NodeView WithExtras(NodeExtras extras) {
  NodeView node;
  node.extras = std::make_shared<const NodeExtras>(std::move(extras));
  return node;
}

Client MakeClient(const std::string& id, const std::string& address, int64_t output_bytes) {
  Client client;
  client.id = id;
  client.address = address;
  client.numbers[0] = output_bytes;
  client.age_seconds = 10;
  client.idle_seconds = 0;
  return client;
}

TEST_CASE("CLIENT LIST") {
  const std::vector<Client> clients = ParseClients(Recorded("clients.resp").text);
  REQUIRE(clients.size() == 5);
  const Client& replica = clients[0];
  CHECK(replica.id == "3");
  CHECK(replica.address == "127.0.0.1:60686");
  CHECK(replica.local_address == "127.0.0.1:27001");
  CHECK(replica.flags == "S");
  CHECK(replica.output_bytes().value() == 20504);
  CHECK(replica.user == "default");
  CHECK(clients[3].name == "a=b");
  CHECK(clients[3].numbers[2].value() == 2);
  CHECK_FALSE(clients[3].numbers[5].has_value());  // watch, since 7.4
  // Both ends of the link name the same socket.
  const std::vector<Client> of_replica = ParseClients(Recorded("master-link.resp").text);
  REQUIRE(of_replica.size() == 1);
  CHECK(of_replica[0].local_address == replica.address);
}

TEST_CASE("CLIENT LIST cut at any byte: what is whole is read") {
  const std::string whole = Recorded("clients.resp").text;
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto clients = ParseClients(std::string_view(whole).substr(0, size));
    CHECK(clients.size() <= 5);
    for (const Client& client : clients) CHECK_FALSE(client.address.empty());
  }
}

TEST_CASE("a client list keeps the largest buffers, then the oldest") {
  const std::vector<Client> clients = {MakeClient("9", "h:1", 0), MakeClient("10", "h:2", 0),
                                       MakeClient("11", "h:3", 5), MakeClient("8", "h:4", 0)};
  const ClientList list = MakeClientList(clients, 3, nullptr, 1000.9);
  REQUIRE(list.clients.size() == 3);
  CHECK(list.left_out == 1);
  CHECK(list.clients[0].id == "11");
  CHECK(list.clients[1].id == "8");
  CHECK(list.clients[2].id == "9");
  CHECK(list.clients[0].created.value() == 990);
  CHECK(list.clients[0].idle_since.value() == 1000);
  // The whole seconds of age and clock do not step together.
  const ClientList next = MakeClientList(clients, 3, &list, 1001.1);
  CHECK(next.clients[0].created.value() == 990);
  const ClientList later = MakeClientList(clients, 3, &next, 1002.1);
  CHECK(later.clients[0].idle_since.value() == 1002);
  CHECK(MakeClientList({}, 3, nullptr, 1).clients.empty());
}

TEST_CASE("the collector clients") {
  NodeExtras extras;
  extras.clients = MakeClientList(ParseClients(Recorded("clients.resp").text), 4, nullptr, 1000);
  const Page page("role:master", WithExtras(std::move(extras)), EmitClients);
  CHECK(page.Has("redis_connected_client_info",
                 R"(id="6",name="a=b",flags="P",db="0",host="127.0.0.1",port="33446",)"
                 R"(user="default",resp="2")",
                 "1"));
  CHECK(
      page.Has("redis_connected_client_channel_subscriptions_count", R"(id="6",name="a=b")", "2"));
  CHECK(page.Has("redis_connected_client_output_buffer_memory_usage_bytes", R"(id="3",name="")",
                 "20504"));
  CHECK(page.Has("redis_connected_client_created_at_timestamp", R"(id="3",name="")", "997"));
  CHECK_FALSE(page.HasAny("redis_connected_client_shard_channel_watched_keys"));
  CHECK(page.Has("replicawatch_redis_clients_left_out", "", "1"));
  const Page none("role:master", WithExtras({}), EmitClients);
  CHECK_FALSE(none.HasAny("replicawatch_redis_clients_left_out"));
}

TEST_CASE("the limits of output buffers") {
  const auto limits = ParseBufferLimits("normal 0 0 0 slave 268435456 67108864 60 pubsub 1");
  REQUIRE(limits.size() == 3);
  CHECK(limits[0].name == "normal");
  CHECK(limits[1].is_of_replicas());
  CHECK(limits[1].hard_bytes.value() == 268435456);
  CHECK(limits[1].soft_seconds.value() == 60);
  CHECK_FALSE(limits[2].soft_bytes.has_value());
}

/// A master whose replicas' links are as the tests say.
struct Links {
  Topology topology;
  NodeFacts master;
  std::map<std::string, NodeFacts> replicas;

  Links() {
    master.info = Info{};
    master.info->version = "7.0.15";
    master.settings[kBufferLimits] = "normal 0 0 0 slave 3000 2000 60 pubsub 1 1 1";
  }

  void Attach(const std::string& address, const std::string& link) {
    AttachedReplica attached;
    attached.address = address;
    master.info->replication.attached.push_back(attached);
    if (!link.empty()) replicas[address].master_link = link;
  }

  std::map<std::string, ReplicaBuffer> Buffers() {
    NodesByAddress nodes;
    for (const auto& [address, facts] : replicas) nodes.emplace(address, &facts);
    return BuffersOf(master, topology, nodes);
  }
};

TEST_CASE("a replica's buffer is found by the socket that both ends name") {
  Links links;
  links.Attach("h:6001", "h:50001");
  links.Attach("h:6002", "h:50002");
  // In no order, and with one that is no member.
  links.master.replica_links = {MakeClient("7", "h:50002", 200), MakeClient("8", "h:50009", 900),
                                MakeClient("9", "h:50001", 100)};
  const auto buffers = links.Buffers();
  REQUIRE(buffers.size() == 2);
  CHECK(buffers.at("h:6001").used_bytes == 100);
  CHECK(buffers.at("h:6002").used_bytes == 200);
  CHECK(buffers.at("h:6002").hard_limit_bytes.value() == 3000);
  CHECK(buffers.at("h:6002").headroom_bytes().value() == 1800);
}

TEST_CASE("without the replica's word an address that only one has is enough") {
  Links links;
  links.Attach("a:6001", "");
  links.Attach("b:6001", "");
  links.Attach("b:6002", "b:1");  // of a link that is gone
  links.master.replica_links = {MakeClient("7", "b:50002", 200), MakeClient("8", "b:50003", 300),
                                MakeClient("9", "a:50001", 100)};
  const auto buffers = links.Buffers();
  REQUIRE(buffers.size() == 1);
  CHECK(buffers.at("a:6001").used_bytes == 100);
}

TEST_CASE("the hard limit is never below the backlog from 7.0 on") {
  Links links;
  links.Attach("a:6001", "");
  links.master.replica_links = {MakeClient("9", "a:50001", 2500)};
  links.master.info->replication.backlog_size = 5000;
  ReplicaBuffer buffer = links.Buffers().at("a:6001");
  CHECK(buffer.hard_limit_bytes.value() == 5000);
  CHECK(buffer.headroom_bytes().value() == -500);
  links.master.info->version = "6.2.14";
  CHECK(links.Buffers().at("a:6001").hard_limit_bytes.value() == 3000);
  links.master.settings[kBufferLimits] = "slave 0 0 0";
  CHECK_FALSE(links.Buffers().at("a:6001").headroom_bytes().has_value());
  links.master.settings[kBufferLimits] = "slave 4000 0 0";
  CHECK(links.Buffers().at("a:6001").headroom_bytes().value() == 1500);
}

TEST_CASE("CONFIG GET *: no secret is kept") {
  const auto settings = ParseConfiguration(Recorded("config.resp"));
  CHECK(settings.size() > 180);
  for (const char* secret : {"requirepass", "masterauth", "masteruser", "tls-key-file-pass",
                             "tls-client-key-file-pass", "aclfile"})
    CHECK_FALSE(settings.contains(secret));
  for (const auto& [name, value] : settings) CHECK(value.find("of-a-test") == std::string::npos);
  CHECK(settings.at("maxmemory-policy") == "noeviction");
  CHECK(settings.at("save").empty());
  CHECK(settings.at("tls-auth-clients") == "yes");
  CHECK(settings.at("lazyfree-lazy-user-del") == "no");

  const auto sentinel = ParseConfiguration(Recorded("sentinel-config.resp"));
  CHECK(sentinel.at("announce-port") == "0");
  CHECK_FALSE(sentinel.contains("sentinel-pass"));
  CHECK_FALSE(sentinel.contains("sentinel-user"));
}

TEST_CASE("a setting of a later version or of a module is shown only when it can be no secret") {
  CHECK(IsPublicSetting("some-new-limit", "12"));
  CHECK(IsPublicSetting("some-new-switch", "yes"));
  CHECK_FALSE(IsPublicSetting("some-new-text", "hunter2"));
  for (const char* name : {"search-OSS_GLOBAL_PASSWORD", "cloud-api-key", "session-token",
                           "sentinel-pass", "new-credentials", "tls-key-file-passphrase"})
    CHECK_FALSE(IsPublicSetting(name, "1"));
  CHECK(IsPublicSetting("tls-key-file", "/etc/redis.key"));

  Reply reply;
  reply.elements.resize(2);
  reply.elements[0].text = "logfile";
  reply.elements[1].text = std::string(300, 'x');
  CHECK(ParseConfiguration(reply).at("logfile").size() == 128);
}

TEST_CASE("the collector config") {
  NodeExtras extras;
  extras.configuration = {{"maxmemory", "100"}, {"appendfsync", "everysec"}};
  const Page page("role:master", WithExtras(std::move(extras)), EmitConfig);
  CHECK(page.Has("redis_config_key_value", R"(key="appendfsync",value="everysec")", "1"));
  CHECK(page.Has("redis_config_key_value", R"(key="maxmemory",value="100")", "1"));
  CHECK(page.Has("redis_config_value", R"(key="maxmemory")", "100"));
  CHECK_FALSE(page.Has("redis_config_value", R"(key="appendfsync")", "0"));
  NodeExtras of_sentinel;
  of_sentinel.configuration = {{"announce-port", "0"}};
  const Page sentinel("redis_mode:sentinel", WithExtras(std::move(of_sentinel)), EmitConfig);
  CHECK(sentinel.Has("redis_sentinel_config_key_value", R"(key="announce-port",value="0")", "1"));
  CHECK(sentinel.Has("redis_sentinel_config_value", R"(key="announce-port")", "0"));
}

// Made by hand after the documentation of the modules: no server with one was at hand.
constexpr std::string_view kModules =
    "# Modules\r\n"
    "module:name=search,ver=21005,api=1,filters=0,usedby=[],using=[ReJSON],options=[handle-io-"
    "errors]\r\n"
    "module:name=ReJSON,ver=20609,api=1,filters=0,usedby=[search],using=[]\r\n"
    "\r\n# search_version\r\nsearch_version:2.10.5\r\n"
    "\r\n# search_memory\r\nsearch_used_memory_indexes:2097152\r\n"
    "search_used_memory_indexes_human:2.00000\r\nsearch_total_indexing_time:12.5\r\n";

TEST_CASE("the collector modules") {
  NodeExtras extras;
  extras.modules = std::make_unique<const InfoText>(std::string(kModules));
  const Page page("role:master", WithExtras(std::move(extras)), EmitModules);
  CHECK(page.Has("redis_module_info",
                 R"(name="search",ver="21005",api="1",filters="0",usedby="[]",using="[ReJSON]")",
                 "1"));
  CHECK(page.Has("redis_module_info",
                 R"(name="ReJSON",ver="20609",api="1",filters="0",usedby="[search]",using="[]")",
                 "1"));
  CHECK(page.Has("redis_search_used_memory_indexes_bytes", "", "2097152"));
  CHECK(page.Has("redis_search_indexing_time_ms_total", "", "12.5"));
}

// Made by hand after the documentation of FT.INFO.
constexpr std::string_view kIndex =
    "*14\r\n$10\r\nindex_name\r\n$3\r\nidx\r\n$10\r\nattributes\r\n*1\r\n*2\r\n$"
    "10\r\nidentifier\r\n"
    "$1\r\na\r\n$8\r\nnum_docs\r\n$1\r\n3\r\n$14\r\ninverted_sz_mb\r\n$3\r\n0.5\r\n"
    "$19\r\nrecords_per_doc_avg\r\n$3\r\nnan\r\n$8\r\nindexing\r\n:0\r\n$14\r\nnumber_of_uses\r\n"
    ":7\r\n";

TEST_CASE("FT.INFO and the collector search") {
  NodeExtras extras;
  extras.indexes.push_back(ParseSearchIndex(DecodeReply(kIndex).value()).value());
  extras.indexes_left_out = 2;
  const Page page("role:master", WithExtras(std::move(extras)), EmitSearch);
  CHECK(page.Has("redis_search_index_num_docs", R"(index_name="idx")", "3"));
  CHECK(page.Has("redis_search_index_inverted_size_bytes", R"(index_name="idx")", "524288"));
  CHECK(page.Has("redis_search_index_indexing", R"(index_name="idx")", "0"));
  CHECK(page.Has("redis_search_index_number_of_uses_total", R"(index_name="idx")", "7"));
  CHECK_FALSE(page.HasAny("redis_search_index_avg_per_doc_records"));
  CHECK(page.Has("replicawatch_redis_search_indexes_left_out", "", "2"));
  for (size_t size = 0; size < kIndex.size(); ++size)
    CHECK_FALSE(DecodeReply(kIndex.substr(0, size)).has_value());
  CHECK_FALSE(ParseSearchIndex(DecodeReply("-Unknown Index name\r\n").value()).has_value());
}

TEST_CASE("the command logs of Valkey, and its name") {
  NodeExtras extras;
  extras.command_logs = {{"slow", 3}, {"large-reply", 0}};
  NodeView node = WithExtras(std::move(extras));
  node.settings = {{"commandlog-execution-slower-than", "10000"},
                   {"commandlog-large-reply-max-len", "128"}};
  const Page page("role:master\r\nvalkey_version:8.1.1\r\nvalkey_release_stage:ga\r\n", node);
  CHECK(page.Has("redis_commandlog_slow_length", "", "3"));
  CHECK(page.Has("redis_commandlog_large_reply_length", "", "0"));
  CHECK_FALSE(page.HasAny("redis_commandlog_large_request_length"));
  CHECK(page.Has("redis_commandlog_execution_slower_than", "", "10000"));
  CHECK(page.Has("redis_commandlog_large_reply_max_len", "", "128"));
  CHECK(page.Has("redis_instance_info",
                 R"(role="master",redis_version="",redis_build_id="",redis_mode="",os="",)"
                 R"(maxmemory_policy="",tcp_port="",run_id="",process_id="",master_replid="",)"
                 R"(valkey_version="8.1.1",valkey_release_stage="ga")",
                 "1"));
}

}  // namespace
}  // namespace replicawatch::redis
