// A node's links to its replicas and to its master, under the names of redis_exporter 1.x.

#include <array>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t {
  kReplicaOffset,
  kReplicaLag,
  kLinkUp,
  kLastIo,
  kSync,
  kOwnOffset,
  kReplicaInfo,
  kIndexSize,
};

constexpr LabelNames kOfReplica = {"slave_ip", "slave_port", "slave_state"};
constexpr LabelNames kOfMaster = {"master_host", "master_port"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("INFO slaveN: offset", "redis_connected_slave_offset_bytes",
          "Position that the replica has acknowledged.", kOfReplica),
    Gauge("INFO slaveN: lag", "redis_connected_slave_lag_seconds",
          "Whole seconds since the replica has acknowledged anything; says nothing of bytes.",
          kOfReplica),
    Gauge("INFO master_link_status", "redis_master_link_up", "1 if the link to the master is up.",
          kOfMaster),
    Gauge("INFO master_last_io_seconds_ago", "redis_master_last_io_seconds_ago",
          "Seconds since the master sent anything.", kOfMaster),
    Gauge("INFO master_sync_in_progress", "redis_master_sync_in_progress",
          "1 while a full copy is received.", kOfMaster),
    Gauge("INFO slave_repl_offset", "redis_slave_repl_offset",
          "Position in the stream of the master.", kOfMaster),
    Gauge("INFO master_host, master_port, slave_read_only", "redis_slave_info",
          "Always 1; the labels say what the replica follows.",
          {"master_host", "master_port", "read_only"}),
}};

void EmitAttached(std::string_view items, SampleSink& sink) {
  std::string_view ip;
  std::string_view port;
  std::string_view state;
  std::optional<double> offset;
  std::optional<double> lag;
  ForEachItem(items, [&](std::string_view name, std::string_view value) {
    if (name == "ip") ip = value;
    if (name == "port") port = value;
    if (name == "state") state = value;
    if (name == "offset") offset = ParseDouble(value);
    if (name == "lag") lag = ParseDouble(value);
  });
  sink.Add(kTable[kReplicaOffset], offset, {ip, port, state});
  // In any other state the server says 0, however far behind the replica is.
  if (state == "online") sink.Add(kTable[kReplicaLag], lag, {ip, port, state});
}

}  // namespace

MetricTable NodeReplicationMetrics() { return kTable; }

void EmitNodeReplication(const NodeView& node, SampleSink& sink) {
  const InfoText& info = *node.info;
  for (const InfoLine& line : info.Section("Replication")) {
    if (IsAttachedReplica(line.name)) EmitAttached(line.value, sink);
  }
  const std::string_view host = info.Value("master_host");
  const std::string_view port = info.Value("master_port");
  if (host.empty()) return;
  sink.Add(kTable[kLinkUp], info.Value("master_link_status") == "up", {host, port});
  const auto add = [&](Index index, std::string_view line) {
    sink.Add(kTable[index], ParseDouble(info.Value(line)), {host, port});
  };
  add(kLastIo, "master_last_io_seconds_ago");
  add(kSync, "master_sync_in_progress");
  add(kOwnOffset, "slave_repl_offset");
  sink.Add(kTable[kReplicaInfo], 1, {host, port, info.Value("slave_read_only")});
}

}  // namespace replicawatch::redis
