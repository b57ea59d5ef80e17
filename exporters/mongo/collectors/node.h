#pragma once

#include "common/metrics/sink.h"
#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/parse/document.h"
#include "exporters/mongo/topology.h"

namespace replicawatch::mongo {

/// One node with all that there is of it, for /probe.
void EmitNodeAlone(const WatchedNode& node, SampleSink& sink);

/// What tells the node apart in the series of mongodb_exporter.
void AddNodeLabels(const MemberFacts& facts, SampleSink& sink);

// The parts of the collector `node`, each a file. `server` is the answer to serverStatus.

/// The old names of mongodb_exporter (0.1x, later its compatible mode).
void EmitNodeCompatible(const Document& server, SampleSink& sink);
MetricTable NodeCompatibleMetrics();

/// mongodb_mongod_replset_*: the set as this member sees it.
void EmitNodeReplSet(const WatchedNode& node, SampleSink& sink);
MetricTable NodeReplSetMetrics();

constexpr MetricDesc NodeFamily(std::string_view name, std::string_view help,
                                std::string_view source, const LabelNames& labels = {}) {
  const MetricType type = name.ends_with("_total") ? MetricType::kCounter : MetricType::kGauge;
  return {name, help, type, UnitOf(name), Scope::kNode, labels, source};
}

}  // namespace replicawatch::mongo
