// What each version of the server said in each role, recorded by
// tests/testdata/redis/record_versions.py.

#include <doctest/doctest.h>

#include "exporters/redis/parse/cluster.h"
#include "exporters/redis/parse/info.h"
#include "exporters/redis/parse/sentinel.h"
#include "exporters/redis/resp.h"
#include "tests/unit/redis/node_page.h"
#include "tests/unit/testdata.h"

namespace replicawatch::redis {
namespace {

struct Version {
  const char* folder;
  const char* number;
  bool valkey = false;
};
constexpr Version kVersions[] = {{"6.2.14", "6.2.14"},
                                 {"7.0.15", "7.0.15"},
                                 {"8.0.2", "8.0.2"},
                                 {"valkey-8.1.1", "8.1.1", true}};
constexpr const char* kRoles[] = {"master",         "replica",         "chained", "sentinel",
                                  "cluster-master", "cluster-replica", "loading"};

std::string Recorded(const Version& version, const std::string& name) {
  return ReadTestdata("redis/" + std::string(version.folder) + "/roles/" + name);
}

Info InfoOf(const Version& version, const std::string& role) {
  const Result<Info> info = ParseInfo(InfoText(Recorded(version, role + ".info")));
  REQUIRE(info);
  return *info;
}

TEST_CASE("a master, its replica, and a replica of that one") {
  for (const Version& version : kVersions) {
    CAPTURE(version.folder);
    const Info master = InfoOf(version, "master");
    CHECK(master.version == version.number);
    CHECK(master.valkey == version.valkey);
    CHECK(master.replication.role == Role::kMaster);
    REQUIRE(master.replication.attached.size() == 1);
    CHECK(master.replication.attached[0].state == "online");
    CHECK(master.server_time_microseconds.value() > 1'700'000'000'000'000);
    CHECK_FALSE(master.cluster);
    const Info replica = InfoOf(version, "replica");
    CHECK(replica.replication.role == Role::kReplica);
    CHECK(replica.replication.master_link_up);
    CHECK(replica.replication.read_only);
    CHECK(replica.replication.id == master.replication.id);
    CHECK(replica.replication.replica_offset.has_value());
    CHECK(replica.replication.attached.size() == 1);
    const Info chained = InfoOf(version, "chained");
    CHECK(chained.replication.role == Role::kReplica);
    CHECK(chained.replication.id == master.replication.id);
    CHECK(chained.replication.master_address != replica.replication.master_address);
    CHECK(chained.replication.attached.empty());
  }
}

TEST_CASE("a Sentinel and what it lists") {
  for (const Version& version : kVersions) {
    CAPTURE(version.folder);
    CHECK(InfoOf(version, "sentinel").replication.role == Role::kSentinel);
    const auto list = [&](const char* name) {
      const Result<Reply> reply = DecodeReply(Recorded(version, name));
      REQUIRE(reply);
      const auto entries = ParseSentinelEntries(*reply);
      REQUIRE(entries);
      return *entries;
    };
    REQUIRE(list("masters.resp").size() == 1);
    CHECK(list("masters.resp")[0].name == "group");
    CHECK(list("slaves.resp").size() == 1);
    CHECK(list("sentinels.resp").empty());
    const auto quorum = ParseQuorumCheck(*DecodeReply(Recorded(version, "quorum.resp")));
    REQUIRE(quorum);
    CHECK(quorum->reached);
  }
}

TEST_CASE("nodes of a Cluster") {
  for (const Version& version : kVersions) {
    CAPTURE(version.folder);
    for (const char* role : {"cluster-master", "cluster-replica"}) {
      const Info info = InfoOf(version, role);
      CHECK(info.cluster);
      CHECK((info.replication.role == Role::kMaster) == (std::string(role) == "cluster-master"));
      const auto nodes = ParseClusterNodes(Recorded(version, std::string(role) + ".nodes"));
      REQUIRE(nodes);
      CHECK(nodes->size() == 2);
      CHECK(ParseClusterState(InfoText(Recorded(version, std::string(role) + ".state"))));
    }
  }
}

TEST_CASE("a server that loads its data") {
  for (const Version& version : kVersions) {
    CAPTURE(version.folder);
    CHECK(InfoOf(version, "loading").loading);
    CHECK(DecodeReply(Recorded(version, "loading-ping.resp"))->ErrorWord() == "LOADING");
  }
}

TEST_CASE("each role under the names of redis_exporter, no series twice") {
  for (const Version& version : kVersions) {
    CAPTURE(version.folder);
    for (const char* role : kRoles) {
      CAPTURE(role);
      const Page page(Recorded(version, std::string(role) + ".info"));
      CHECK(page.HasAny("redis_uptime_in_seconds"));
      CHECK(page.HasAny("redis_instance_info"));
    }
    CHECK(Page(Recorded(version, "replica.info")).HasAny("redis_master_link_up"));
    CHECK(Page(Recorded(version, "master.info")).HasAny("redis_connected_slave_offset_bytes"));
    CHECK(Page(Recorded(version, "sentinel.info")).HasAny("redis_sentinel_masters"));
  }
}

TEST_CASE("answers of every version, cut anywhere") {
  for (const Version& version : kVersions) {
    for (const char* role : kRoles) {
      const std::string whole = Recorded(version, std::string(role) + ".info");
      for (size_t size = 0; size < whole.size(); ++size)
        (void)ParseInfo(InfoText(whole.substr(0, size)));
    }
    for (const char* name :
         {"masters.resp", "slaves.resp", "sentinels.resp", "quorum.resp", "loading-ping.resp"}) {
      const std::string whole = Recorded(version, name);
      for (size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(DecodeReply(std::string_view(whole).substr(0, size)));
    }
    for (const std::string role : {"cluster-master", "cluster-replica"}) {
      const std::string nodes = Recorded(version, role + ".nodes");
      for (size_t size = 0; size < nodes.size(); ++size)
        (void)ParseClusterNodes(std::string_view(nodes).substr(0, size));
      const std::string state = Recorded(version, role + ".state");
      for (size_t size = 0; size < state.size(); ++size)
        (void)ParseClusterState(InfoText(state.substr(0, size)));
    }
  }
}

}  // namespace
}  // namespace replicawatch::redis
