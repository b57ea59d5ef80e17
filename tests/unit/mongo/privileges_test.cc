#include "exporters/mongo/privileges.h"

#include <bson/bson.h>
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

/// The actions that are missing, separated by spaces.
std::string Missing(std::string_view bson) {
  const auto missing = FindMissingPrivileges(bson);
  if (!missing) return missing.error().message;
  std::string actions;
  for (const Privilege& privilege : *missing)
    actions += (actions.empty() ? "" : " ") + std::string(privilege.action);
  return actions;
}

std::string FromJson(const std::string& privileges) {
  const std::string json = R"({"authInfo": {"authenticatedUserPrivileges": )" + privileges + "}}";
  bson_t document;
  REQUIRE(bson_init_from_json(&document, json.c_str(), -1, nullptr));
  std::string bytes(reinterpret_cast<const char*>(bson_get_data(&document)), document.len);
  bson_destroy(&document);
  return bytes;
}

TEST_CASE("clusterMonitor has all privileges that are wanted") {
  CHECK(Missing(ReadTestdata("mongo/6.0.5/healthy/27101.connectionStatus.bson")) == "");
}

TEST_CASE("privileges that a login lacks") {
  CHECK(Missing(FromJson("[]")) ==
        "replSetGetStatus replSetGetConfig serverStatus getParameter inprog collStats");
  CHECK(Missing(FromJson(R"([{"resource": {"cluster": true},
                              "actions": ["serverStatus", "replSetGetStatus"]}])")) ==
        "replSetGetConfig getParameter inprog collStats");
  const std::string cluster = R"([{"resource": {"cluster": true}, "actions":
    ["serverStatus", "replSetGetStatus", "replSetGetConfig", "getParameter", "inprog"]}, )";
  CHECK(Missing(FromJson(cluster + R"({"resource": {"db": "local", "collection": "oplog.rs"},
                                       "actions": ["collStats"]}])")) == "");
  CHECK(Missing(FromJson(cluster + R"({"resource": {"db": "", "collection": ""},
                                       "actions": ["collStats"]}])")) == "");
  CHECK(Missing(FromJson(cluster + R"({"resource": {"db": "shop", "collection": ""},
                                       "actions": ["collStats"]}])")) == "collStats");
  CHECK(Missing(FromJson(R"([{"resource": {"anyResource": true}, "actions":
    ["serverStatus", "replSetGetStatus", "replSetGetConfig", "getParameter", "inprog",
     "collStats"]}])")) == "");
}

TEST_CASE("an answer without privileges") {
  CHECK(Missing("") == "not a BSON document");
  CHECK(Missing(ReadTestdata("mongo/6.0.5/healthy/27101.hello.bson")) ==
        "connectionStatus: no privileges in the answer");
}

}  // namespace
}  // namespace replicawatch::mongo
