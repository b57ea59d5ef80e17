// The set's configuration and what its members run: mistakes that stay unseen until a member fails,
// upgrades that were begun and not ended.

#include <array>

#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t { kMistake, kVersion, kCompatibility, kTransition, kIndexSize };

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Family(
        "replicawatch_mongo_config_mistake",
        "What in the set's configuration lets it stop, or lose writes, sooner than it need, as a "
        "state set.",
        "replSetGetConfig; serverStatus defaultRWConcern", {"group", "mistake"}),
    Family("replicawatch_mongo_version_info", "Always 1; the label says which version runs.",
           "serverStatus version", {"group", "member", "version"}),
    Family("replicawatch_mongo_feature_compatibility_info",
           "Always 1; the label says with which version the member's data stays compatible.",
           "getParameter featureCompatibilityVersion.version", {"group", "member", "version"}),
    Family("replicawatch_mongo_feature_compatibility_transition",
           "1 while a change of the feature compatibility version is under way or was broken off.",
           "getParameter featureCompatibilityVersion.targetVersion"),
}};

}  // namespace

MetricTable ConfigurationMetrics() { return kTable; }

void EmitConfiguration(const View& view, SampleSink& sink) {
  for (const auto& [name, made] : view.mistakes)
    sink.Add(kTable[kMistake], made, {view.group, name});
  for (const MemberDetails& member : view.details) {
    if (member.server && member.server->version)
      sink.Add(kTable[kVersion], 1, {view.group, member.member, *member.server->version});
    if (!member.compatibility) continue;
    sink.Add(kTable[kCompatibility], 1, {view.group, member.member, member.compatibility->version});
    sink.Add(kTable[kTransition], member.compatibility->in_transition, {view.group, member.member});
  }
}

}  // namespace replicawatch::mongo
