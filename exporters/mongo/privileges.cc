#include "exporters/mongo/privileges.h"

#include <algorithm>
#include <string>

#include "exporters/mongo/parse/document.h"

namespace replicawatch::mongo {
namespace {

constexpr std::string_view kCluster = "cluster";

// clusterMonitor has them all.
constexpr Privilege kWanted[] = {
    {"replSetGetStatus", kCluster, "lag, quorum, who sees whom, elections"},
    {"replSetGetConfig", kCluster, "hidden members, votes, mistakes in the configuration"},
    {"serverStatus", kCluster, "oplog window and headroom, flow control, write concerns"},
    {"getParameter", kCluster, "replicawatch_mongo_feature_compatibility_*"},
    {"inprog", kCluster, "replicawatch_mongo_fsync_locked"},
    {"collStats", "local.oplog.rs", "replicawatch_mongo_oplog_size_bytes and _limit_bytes"},
};

/// Whether a privilege's resource covers the one that is wanted.
bool Covers(const Document& resource, std::string_view wanted) {
  if (resource.Flag("anyResource")) return true;
  if (wanted == kCluster) return resource.Flag("cluster");
  const auto database = resource.Text("db");
  const auto collection = resource.Text("collection");
  if (!database || !collection) return false;
  const size_t dot = wanted.find('.');
  // An empty name stands for all of them; all collections do not include the system's.
  return (database->empty() || *database == wanted.substr(0, dot)) &&
         (collection->empty() || *collection == wanted.substr(dot + 1));
}

bool Has(const Document& privileges, const Privilege& wanted) {
  bool has = false;
  privileges.EachDocument([&](const Document& privilege) {
    const auto resource = privilege.Child("resource");
    const auto actions = privilege.Child("actions");
    if (!resource || !actions || !Covers(*resource, wanted.resource)) return;
    actions->EachText([&](const std::string& action) { has |= action == wanted.action; });
  });
  return has;
}

}  // namespace

Result<std::vector<Privilege>> FindMissingPrivileges(std::string_view bson) {
  const Result<Document> document = Document::Parse(bson);
  if (!document) return tl::unexpected(document.error());
  const auto info = document->Child("authInfo");
  const auto privileges = info ? info->Child("authenticatedUserPrivileges") : std::nullopt;
  if (!privileges) return Fail(ErrorCode::kParse, "connectionStatus: no privileges in the answer");
  std::vector<Privilege> missing;
  for (const Privilege& wanted : kWanted) {
    if (!Has(*privileges, wanted)) missing.push_back(wanted);
  }
  return missing;
}

}  // namespace replicawatch::mongo
