#include <algorithm>
#include <array>
#include <set>

#include "common/metrics/page_reader.h"
#include "exporters/minio/collectors/native_families.h"
#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {
namespace {

constexpr auto kGauge = MetricType::kGauge;

enum Index : size_t {
  kSuccess,
  kPageAge,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_minio_native_success",
     "1 if the node's own metrics page came in time and could be read; it stands on this page.",
     kGauge,
     "",
     Scope::kNode,
     {},
     "/minio/v2/metrics/node"},
    {"replicawatch_minio_native_page_age_seconds",
     "How old MinIO's page about the whole cluster is; after two minutes it is left out.",
     kGauge,
     "seconds",
     Scope::kCluster,
     {"page"},
     "/minio/v2/metrics/cluster and /bucket"},
}};

constexpr MetricDesc kPatterns[] = {
    {"minio_*",
     "MinIO's own metrics (v2), as the nodes give them.",
     MetricType::kUnknown,
     "",
     Scope::kNode,
     {},
     "/minio/v2/metrics/node, /cluster and /bucket"},
};

/// On the pages of the nodes each tells the same of the cluster, so that sums would count it four
/// times with four nodes: it is taken from the page about the cluster alone.
constexpr std::string_view kOfCluster = "minio_cluster_";

// What the pages about the cluster have and those of the nodes have not. The cluster's page repeats
// most of the others for all nodes.
constexpr std::array<std::string_view, 5> kClusterFamilies = {
    kOfCluster, "minio_usage_", "minio_heal_", "minio_bucket_", "minio_node_"};
constexpr std::array<std::string_view, 3> kNodeFamilies = {
    "minio_node_drive_", "minio_node_replication_", "minio_node_storage_class_"};

template <size_t N>
bool BeginsWithOneOf(std::string_view name, const std::array<std::string_view, N>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

bool IsOfNode(std::string_view name) {
  return name.starts_with("minio_") && !name.starts_with(kOfCluster);
}

bool IsOfCluster(std::string_view name) {
  return BeginsWithOneOf(name, kClusterFamilies) && !BeginsWithOneOf(name, kNodeFamilies);
}

/// Kept as long as the process: snapshots point into it.
NativeFamilies& Families() {
  static NativeFamilies families;
  return families;
}

using Names = std::set<std::string, std::less<>>;

/// Adds the samples whose names `wanted` takes, all or, when the page can't be read, none.
template <class Wanted>
bool EmitPage(std::string_view text, Scope scope, const Wanted& wanted, SampleSink& sink) {
  const SampleSink::Mark before = sink.Position();
  std::array<std::string_view, kMaxLabels> values;
  const auto take = [&](const PageSample& sample) {
    if (!wanted(sample.name)) return;
    const MetricDesc* desc = Families().Find(sample, scope);
    if (desc == nullptr) return;
    std::transform(sample.labels.begin(), sample.labels.end(), values.begin(),
                   [](const PageLabel& label) { return label.value; });
    sink.Add(*desc, sample.value, std::span(values.data(), sample.labels.size()));
  };
  if (ReadMetricsPage(text, take)) return true;
  sink.Rollback(before);
  return false;
}

template <class Wanted>
void EmitNodePage(const NativeNodePage& page, const Wanted& wanted, SampleSink& sink) {
  const bool came = page.text != nullptr && EmitPage(*page.text, Scope::kNode, wanted, sink);
  sink.Add(kTable[kSuccess], came ? 1 : 0);
}

}  // namespace

MetricTable NativeMetrics() { return kTable; }
MetricTable NativePatterns() { return kPatterns; }

void EmitNativeOfNode(const NativeNodePage& page, SampleSink& sink) {
  EmitNodePage(page, IsOfNode, sink);
}

void EmitNative(const View& view, SampleSink& sink) {
  if (view.native == nullptr) return;
  Names of_nodes;
  const auto of_node = [&](std::string_view name) {
    if (!IsOfNode(name)) return false;
    if (!of_nodes.contains(name)) of_nodes.emplace(name);
    return true;
  };
  for (const NativeNodePage& node : view.native->nodes) {
    sink.EnterMember(node.member);
    EmitNodePage(node, of_node, sink);
  }
  // Other releases may have a family on both pages that these rules don't know of.
  const auto of_cluster = [&](std::string_view name) {
    return IsOfCluster(name) && !of_nodes.contains(name);
  };
  for (const NativeClusterPage& page : view.native->pages) {
    if (page.text == nullptr || !EmitPage(*page.text, Scope::kCluster, of_cluster, sink)) continue;
    sink.Add(kTable[kPageAge], page.age_seconds, {page.name});
  }
}

}  // namespace replicawatch::minio
