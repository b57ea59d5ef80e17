#include <doctest/doctest.h>

#include "exporters/minio/parse/endpoint.h"
#include "exporters/minio/parse/health.h"
#include "exporters/minio/parse/json.h"
#include "exporters/minio/parse/realtime_metrics.h"
#include "exporters/minio/parse/refusal.h"
#include "exporters/minio/parse/server_info.h"
#include "exporters/minio/parse/storage_info.h"
#include "tests/unit/minio/recorded.h"
#include "tests/unit/minio/torture.h"

namespace replicawatch::minio {
namespace {

int CountState(const StorageInfo& info, DriveState state) {
  int count = 0;
  for (const Drive& drive : info.drives) count += drive.state == state;
  return count;
}

TEST_CASE("seeds: scheme and port have defaults, the rest is refused") {
  struct Case {
    const char* text;
    const char* url;  // null: refused
  };
  for (const Case& c : std::initializer_list<Case>{
           {"http://minio-1:9000", "http://minio-1:9000"},
           {"minio-1:9000", "http://minio-1:9000"},
           {"https://minio.example/", "https://minio.example:443"},
           {"HTTPS://minio.example:9000", "https://minio.example:9000"},
           {"http://[::1]:9000", "http://[::1]:9000"},
           {"[::1]", "http://[::1]:80"},
           {"", nullptr},
           {"http://", nullptr},
           {"ftp://minio:9000", nullptr},
           {"http://minio:0", nullptr},
           {"http://minio:65536", nullptr},
           {"http://minio:90x", nullptr},
           {"http://minio:9000/bucket", nullptr},
           {"http://minio:9000?x=1", nullptr},
           {"http://us er:9000", nullptr},
           {"http://[::1:9000", nullptr},
           {"http://user:pass@minio:9000", nullptr},
       }) {
    CAPTURE(c.text);
    const Result<NodeAddress> seed = ParseSeed(c.text);
    REQUIRE(seed.has_value() == (c.url != nullptr));
    if (seed) CHECK(seed->Url() == c.url);
    if (!seed) CHECK(seed.error().message.find("pass@") == std::string::npos);
  }
}

TEST_CASE("drive endpoints: the node is what stands before the path") {
  CHECK(ParseDriveEndpoint("http://127.0.0.1:9000/data/n1/d1")->name == "127.0.0.1:9000");
  CHECK(ParseDriveEndpoint("https://[fd00::1]:9000/d1")->Url() == "https://[fd00::1]:9000");
  CHECK(ParseDriveEndpoint("/data/d1")->name.empty());
  CHECK_FALSE(ParseDriveEndpoint("data/d1"));
  CHECK_FALSE(ParseDriveEndpoint(""));
}

TEST_CASE("liveness: the header tells an uninitialised node from a healthy one, both answer 200") {
  const RecordedHead healthy = ReadHead("4x1-healthy/live.http");
  const Result<Liveness> live = ParseLiveness(healthy.status, healthy.headers);
  REQUIRE(live);
  CHECK(live->initialized);
  // The recorded Date is 2026-11-24; the clock is in nanoseconds.
  REQUIRE(live->clock_unix_ns);
  CHECK(*live->clock_unix_ns / 1'000'000'000 / 86400 == 20781);

  const RecordedHead waiting = ReadHead("4x1-uninitialized/live.http");
  CHECK(waiting.status == 200);
  const Result<Liveness> up = ParseLiveness(waiting.status, waiting.headers);
  REQUIRE(up);
  CHECK_FALSE(up->initialized);
}

TEST_CASE("liveness: what is no MinIO is a protocol error, and odd request ids are no clocks") {
  CHECK(ParseLiveness(200, {{"Server", "nginx"}}).error().code == ErrorCode::kProtocol);
  for (const char* id :
       {"", "zz", "-18EADF0892355DD4", "1", "FFFFFFFFFFFFFFFF", "tx0000001", "18EADF0892355DD4 "}) {
    CAPTURE(id);
    CHECK_FALSE(ParseLiveness(200, {{"x-amz-request-id", id}})->clock_unix_ns);
  }
}

TEST_CASE("cluster health: 200, 503 and the rest") {
  struct Case {
    const char* state;
    bool write;
    bool read;
  };
  for (const Case& c : std::initializer_list<Case>{{"4x1-healthy", true, true},
                                                   {"4x1-one-down", true, true},
                                                   {"4x1-two-down", false, true},
                                                   {"4x1-uninitialized", false, false}}) {
    CAPTURE(c.state);
    const RecordedHead write = ReadHead(std::string(c.state) + "/cluster.http");
    const RecordedHead read = ReadHead(std::string(c.state) + "/cluster-read.http");
    CHECK(ParseClusterHealth(write.status, write.headers) == c.write);
    CHECK(ParseClusterHealth(read.status, read.headers) == c.read);
  }
  CHECK_FALSE(ParseClusterHealth(412, {{"X-Amz-Request-Id", "1"}}));
  CHECK_FALSE(ParseClusterHealth(200, {}));
}

TEST_CASE("storageinfo: recorded states") {
  struct Case {
    const char* state;
    size_t drives;
    int ok, healing, offline, unformatted;
    int write_quorum, read_quorum;
  };
  for (const Case& c : std::initializer_list<Case>{{"4x1-healthy", 4, 4, 0, 0, 0, 3, 2},
                                                   {"4x1-one-down", 4, 3, 0, 1, 0, 3, 2},
                                                   {"4x1-two-down", 4, 2, 0, 2, 0, 3, 2},
                                                   {"4x1-healing", 4, 3, 1, 0, 0, 3, 2},
                                                   {"4x1-unformatted", 4, 3, 0, 0, 1, 3, 2},
                                                   {"4x2-healthy", 8, 8, 0, 0, 0, 5, 4},
                                                   {"4x2-one-down", 8, 6, 0, 2, 0, 5, 4},
                                                   {"1x4-healthy", 4, 4, 0, 0, 0, 3, 2}}) {
    CAPTURE(c.state);
    const auto info = ParseStorageInfo(ReadRecorded(std::string(c.state) + "/storageinfo.json"));
    REQUIRE(info);
    CHECK(info->drives.size() == c.drives);
    CHECK(CountState(*info, DriveState::kOk) == c.ok);
    CHECK(CountState(*info, DriveState::kHealing) == c.healing);
    CHECK(CountState(*info, DriveState::kOffline) == c.offline);
    CHECK(CountState(*info, DriveState::kUnformatted) == c.unformatted);
    REQUIRE(info->pools.size() == 1);
    CHECK(info->pools[0].write_quorum() == c.write_quorum);
    CHECK(info->pools[0].read_quorum() == c.read_quorum);
  }
}

TEST_CASE("storageinfo: null lists, unknown states and fields, free text") {
  const auto info = ParseStorageInfo(R"json({"Backend":{"TotalSets":[1],"DrivesPerSet":[2],
      "StandardSCData":[1],"StandardSCParities":null,"New":{"a":[null]}},"Disks":[
      {"endpoint":"http://a:9000/d","state":"unknown (cause: x\u0000y)","pool_index":0,"set_index":0},
      {"endpoint":"http://b:9000/d","state":"corrupt","healing":"yes","metrics":{"state":"ok"}}]
})json");
  REQUIRE(info);
  CHECK(info->drives[0].state == DriveState::kOther);
  CHECK(info->drives[1].state == DriveState::kFaulty);
  CHECK(info->drives[1].pool == -1);
}

TEST_CASE("storageinfo: content from which no quorum follows is refused") {
  const std::string disks = R"(,"Disks":[{"endpoint":"http://a:9000/d","state":"ok"}]})";
  for (
      const std::string& text : std::initializer_list<std::string>{
          "", "null", "[]", "{}", R"({"Backend":null)" + disks, R"({"Backend":{})" + disks,
          R"({"Backend":{"TotalSets":null,"DrivesPerSet":[4],"StandardSCData":[2]})" + disks,
          R"({"Backend":{"TotalSets":[1],"DrivesPerSet":[4],"StandardSCData":[0]})" + disks,
          R"({"Backend":{"TotalSets":[1],"DrivesPerSet":[4],"StandardSCData":[5]})" + disks,
          R"({"Backend":{"TotalSets":[1],"DrivesPerSet":[1e99],"StandardSCData":[1]})" + disks,
          R"({"Backend":{"TotalSets":[1],"DrivesPerSet":[1],"StandardSCData":[1]},"Disks":null})",
          R"({"Backend":{"TotalSets":[1],"DrivesPerSet":[1],"StandardSCData":[1]},"Disks":[7]})"}) {
    CAPTURE(text);
    const auto info = ParseStorageInfo(text);
    REQUIRE_FALSE(info);
    CHECK(info.error().code == ErrorCode::kParse);
  }
}

TEST_CASE("storageinfo: sizes and depth are bounded") {
  const std::string body = ReadRecorded("4x1-healthy/storageinfo.json");
  CHECK(ParseStorageInfo(body, 3).error().code == ErrorCode::kLimit);
  CHECK(ParseStorageInfo(std::string(1'000'000, '[')).error().code == ErrorCode::kLimit);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"Backend":)";
  CHECK(ParseStorageInfo(deep).error().code == ErrorCode::kLimit);
}

TEST_CASE("no recorded answer can be cut or broken so that a parser fails") {
  const std::string storage = ReadRecorded("4x1-two-down/storageinfo.json");
  Torture(storage, [&](std::string_view text) {
    const auto info = ParseStorageInfo(text);
    if (text.size() < storage.size()) CHECK_FALSE(info);
  });
  const std::string server = ReadRecorded("1x4-healthy/info.json");
  Torture(server, [&](std::string_view text) {
    const auto info = ParseServerInfo(text);
    if (text.size() < server.size()) CHECK_FALSE(info);
  });
  const std::string metrics = ReadRecorded("4x1-one-hung/metrics.json");
  Torture(metrics, [&](std::string_view text) {
    const auto info = ParseRealtimeMetrics(text);
    if (TrimSpace(text).size() < TrimSpace(metrics).size()) CHECK_FALSE(info);
  });
  for (const char* name : {"refusals/AccessDenied.json", "refusals/NoSuchBucketPolicy.xml"}) {
    Torture(ReadRecorded(name),
            [](std::string_view text) { CHECK(ParseRefusal(403, text).message.size() < 100); });
  }
}

TEST_CASE("info: versions of those that answered the node asked") {
  const auto healthy = ParseServerInfo(ReadRecorded("4x1-healthy/info.json"));
  REQUIRE(healthy);
  REQUIRE(healthy->servers.size() == 4);
  for (const ServerEntry& server : healthy->servers) CHECK_FALSE(server.version.empty());

  const auto degraded = ParseServerInfo(ReadRecorded("4x1-one-down/info.json"));
  REQUIRE(degraded);
  int without = 0;
  for (const ServerEntry& server : degraded->servers) without += server.version.empty();
  CHECK(degraded->servers.size() == 4);
  CHECK(without == 1);
  CHECK(healthy->servers[0].uptime_seconds > 0.0);
  REQUIRE(healthy->servers[0].settings);
  // Names that begin with an underscore are about the one node, as _MINIO_SERVER_LOCAL.
  CHECK(healthy->servers[0].settings == healthy->servers[1].settings);
  CHECK(healthy->buckets.has_value());

  CHECK_FALSE(ParseServerInfo(R"({"servers":null})"));
}

TEST_CASE("info: counts that timed out are not known, and what is outside") {
  // Shapes of the server's own type InfoMessage; nothing outside can be had in the tests.
  const auto info = ParseServerInfo(R"({"servers":[{"endpoint":"a:1"}],
      "buckets":{"count":0,"error":"Operation timed out"},"objects":{"count":7},"usage":{"size":9},
      "services":{"kmsStatus":[{"status":"online","endpoint":"https://kms:7373"}],
        "ldap":{"status":"offline"},"logger":[{"hook":{"status":"Online"}}],"audit":null,
        "notifications":[{"webhook":[{"arn:1":{"status":"offline"}}]}]}})");
  REQUIRE(info);
  CHECK_FALSE(info->buckets);
  CHECK(info->objects == 7);
  CHECK(info->usage_bytes == 9);
  std::string targets;
  for (const ExternalTarget& target : info->targets)
    targets += target.kind + "/" + target.name + (target.online ? "+ " : "- ");
  CHECK(targets == "kms/https://kms:7373+ ldap/ldap- logger/hook+ notification/arn:1- ");
}

TEST_CASE("metrics: who is connected to whom, as each node says") {
  const auto count = [](const char* state) {
    const auto metrics = ParseRealtimeMetrics(ReadRecorded(std::string(state) + "/metrics.json"));
    REQUIRE(metrics);
    int connected = 0;
    for (const auto& [name, node] : metrics->nodes) {
      CHECK(node.peers.size() == 3);
      for (const auto& [peer, is_connected] : node.peers) connected += is_connected;
    }
    return std::pair(metrics->nodes.size(), connected);
  };
  CHECK(count("4x1-healthy") == std::pair<size_t, int>(4, 12));
  CHECK(count("4x1-one-down") == std::pair<size_t, int>(3, 6));
  // A second after a node was stopped, only one of the others has noticed.
  CHECK(count("4x1-one-hung") == std::pair<size_t, int>(3, 8));
  CHECK(ParseRealtimeMetrics(ReadRecorded("4x1-healthy/metrics.json"))->scan_end_unix_seconds >
        1.7e9);
  CHECK(ParseRealtimeMetrics(ReadRecorded("4x1-healthy/metrics.json"), 2).error().code ==
        ErrorCode::kLimit);
  CHECK(ParseRealtimeMetrics(R"({"by_host":null,"aggregated":null})")->nodes.empty());
  CHECK_FALSE(ParseRealtimeMetrics("[]"));
}

TEST_CASE("times: as Go writes them") {
  CHECK(ParseTime("1970-01-01T00:00:01Z") == 1);
  CHECK(*ParseTime("2026-11-23T22:58:08.813975475Z") == doctest::Approx(1795474688.813975));
  for (const char* text :
       {"", "0001-01-01T00:00:00Z", "2026-11-23T22:58:08", "2026-13-23T22:58:08Z",
        "2026-11-23T25:58:08Z", "2026-11-23T22:58:08.x1Z", "2026-11-23 22:58:08Z",
        "2026-11-23T22:58:08+02:00", "-026-11-23T22:58:08Z"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseTime(text));
  }
}

TEST_CASE("health: maintenance, readiness, identity, request pool") {
  const auto maintenance = [](const char* state) {
    const RecordedHead head = ReadHead(std::string(state) + "/maintenance.http");
    return ParseMaintenance(head.status, head.headers);
  };
  CHECK(maintenance("4x1-healthy") == true);
  CHECK(maintenance("4x1-one-down") == false);
  CHECK_FALSE(ParseMaintenance(412, {}));
  const RecordedHead ready = ReadHead("4x1-healthy/ready.http");
  CHECK(ParseReady(ready.status, ready.headers) == true);
  CHECK(ParseReady(503, ready.headers) == false);
  const RecordedHead live = ReadHead("4x1-healthy/live.http");
  CHECK(ParseLiveness(live.status, live.headers)->identity.size() == 64);
  const auto pool = ParseRequestPool(ReadHead("4x1-healthy/anonymous.http").headers);
  REQUIRE(pool);
  CHECK(pool->limit >= pool->remaining);
  CHECK(pool->remaining > 0);
  CHECK_FALSE(ParseRequestPool({{"X-Ratelimit-Limit", "12"}, {"X-Ratelimit-Remaining", "x"}}));
  CHECK_FALSE(ParseRequestPool(live.headers));
}

TEST_CASE("storageinfo: sizes, counters, healing") {
  const auto info = ParseStorageInfo(ReadRecorded("4x1-healing/storageinfo.json"));
  REQUIRE(info);
  int healing = 0;
  for (const Drive& drive : info->drives) {
    REQUIRE(drive.usage);
    CHECK(drive.usage->total_bytes > drive.usage->free_bytes);
    CHECK(drive.usage->free_inodes > 0.0);
    CHECK(drive.errors.has_value());
    CHECK(drive.path().starts_with("/data/"));
    if (!drive.healing) continue;
    ++healing;
    CHECK(drive.healing->started_unix_seconds > 1.7e9);
    CHECK(drive.healing->last_update_unix_seconds >= drive.healing->started_unix_seconds);
    CHECK_FALSE(drive.healing->finished);
  }
  CHECK(healing == 1);
  CHECK(info->pools[0].reduced_data == 3);
  const auto degraded = ParseStorageInfo(ReadRecorded("4x1-one-down/storageinfo.json"));
  int without = 0;
  for (const Drive& drive : degraded->drives) without += !drive.usage && !drive.errors;
  CHECK(without == 1);
}

TEST_CASE("refusals: recorded ones and others") {
  const auto code = [](int status, const std::string& body) {
    return ParseRefusal(status, body).code;
  };
  const auto recorded = [](const char* name) {
    return ReadRecorded(std::string("refusals/") + name);
  };
  CHECK(code(403, recorded("SignatureDoesNotMatch.json")) == ErrorCode::kAuth);
  CHECK(code(403, recorded("InvalidAccessKeyId.json")) == ErrorCode::kAuth);
  CHECK(code(403, recorded("AccessDenied.json")) == ErrorCode::kPermission);
  CHECK(code(503, recorded("XMinioServerNotInitialized.json")) == ErrorCode::kConnect);
  CHECK(ParseRefusal(404, recorded("NoSuchBucketPolicy.xml")).message ==
        "HTTP 404 NoSuchBucketPolicy");
  CHECK(code(400, R"({"Code":"AuthorizationHeaderMalformed"})") == ErrorCode::kAuth);
  CHECK(code(403, "") == ErrorCode::kAuth);
  CHECK(code(501, "<Error/>") == ErrorCode::kUnsupported);
  CHECK(code(400, "Client sent an HTTP request to an HTTPS server.\n") == ErrorCode::kProtocol);
  CHECK(ParseRefusal(403, R"({"Code":"a b\nlevel=error"})").message == "HTTP 403");
}

}  // namespace
}  // namespace replicawatch::minio
