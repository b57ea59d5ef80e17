// What one Sentinel says of the masters that it watches, under the names of redis_exporter 1.x.

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "exporters/redis/collectors/node.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t {
  kStatus,
  kReplicas,
  kSentinels,
  kQuorum,
  kFailoverTimeout,
  kParallelSyncs,
  kDownAfter,
  kConfigEpoch,
  kLastPing,
  kQuorumCheck,
  kOkSentinels,
  kOkReplicas,
  kPeer,
  kIndexSize,
};

constexpr LabelNames kOfMaster = {"master_name", "master_address"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("INFO masterN: status", "redis_sentinel_master_status",
          "1 if the master is neither down for this Sentinel nor for its quorum.",
          {"master_name", "master_address", "master_status"}),
    Gauge("INFO masterN: slaves", "redis_sentinel_master_slaves",
          "Replicas that the Sentinel knows, dead ones too.", kOfMaster),
    Gauge("INFO masterN: sentinels", "redis_sentinel_master_sentinels",
          "Sentinels that it knows, itself and dead ones too.", kOfMaster),
    Gauge("SENTINEL MASTERS: quorum", "redis_sentinel_master_setting_ckquorum",
          "Sentinels that must agree that the master is down.", kOfMaster),
    Gauge("SENTINEL MASTERS: failover-timeout", "redis_sentinel_master_setting_failover_timeout",
          "Milliseconds of the failover time-out.", kOfMaster),
    Gauge("SENTINEL MASTERS: parallel-syncs", "redis_sentinel_master_setting_parallel_syncs",
          "Replicas that follow the new master at once.", kOfMaster),
    Gauge("SENTINEL MASTERS: down-after-milliseconds",
          "redis_sentinel_master_setting_down_after_milliseconds",
          "Milliseconds of silence after which the master counts as down.", kOfMaster),
    Gauge("SENTINEL MASTERS: config-epoch", "redis_sentinel_master_config_epoch",
          "Epoch of the master's configuration. Its address is a label, so increase() sees no "
          "failover: take replicawatch_term.",
          kOfMaster),
    Gauge("SENTINEL MASTERS: last-ok-ping-reply",
          "redis_sentinel_master_last_ok_ping_reply_seconds",
          "Seconds since the master answered a PING well.", kOfMaster),
    Gauge("SENTINEL CKQUORUM", "redis_sentinel_master_ckquorum_status",
          "1 if the Sentinel could begin a failover and get it authorised.",
          {"master_name", "message"}),
    Gauge("SENTINEL SENTINELS: flags", "redis_sentinel_master_ok_sentinels",
          "Sentinels without s_down or o_down, itself included.", kOfMaster),
    Gauge("SENTINEL SLAVES: flags", "redis_sentinel_master_ok_slaves",
          "Replicas without s_down or o_down; more than could be promoted.", kOfMaster),
    Gauge("SENTINEL SENTINELS", "redis_sentinel_peer_info",
          "Always 1; the labels tell of another Sentinel that this one knows.",
          {"master_name", "master_address", "name", "ip", "port", "runid", "flags"}),
}};

void EmitFromInfo(const InfoText& info, SampleSink& sink) {
  for (const InfoLine& line : info.Section("Sentinel")) {
    if (!line.value.starts_with("name=")) continue;
    std::string_view name;
    std::string_view address;
    std::string_view status;
    std::optional<double> replicas;
    std::optional<double> sentinels;
    ForEachItem(line.value, [&](std::string_view key, std::string_view value) {
      if (key == "name") name = value;
      if (key == "address") address = value;
      if (key == "status") status = value;
      if (key == "slaves") replicas = ParseDouble(value);
      if (key == "sentinels") sentinels = ParseDouble(value);
    });
    sink.Add(kTable[kStatus], status == "ok", {name, address, status});
    sink.Add(kTable[kReplicas], replicas, {name, address});
    sink.Add(kTable[kSentinels], sentinels, {name, address});
  }
}

double CountOk(const std::vector<SentinelEntry>& entries) {
  return static_cast<double>(
      std::count_if(entries.begin(), entries.end(), [](const SentinelEntry& entry) {
        return !entry.HasFlag("s_down") && !entry.HasFlag("o_down");
      }));
}

}  // namespace

MetricTable NodeSentinelMetrics() { return kTable; }

void EmitNodeSentinel(const NodeView& node, SampleSink& sink) {
  EmitFromInfo(*node.info, sink);
  for (const SentinelMaster& known : node.masters) {
    const SentinelEntry& master = known.master;
    const auto add = [&](Index index, std::optional<int64_t> value, double unit = 1) {
      if (value)
        sink.Add(kTable[index], static_cast<double>(*value) / unit, {master.name, master.address});
    };
    add(kQuorum, master.quorum);
    add(kFailoverTimeout, master.failover_timeout_ms);
    add(kParallelSyncs, master.parallel_syncs);
    add(kDownAfter, master.down_after_ms);
    add(kConfigEpoch, master.config_epoch);
    add(kLastPing, master.last_ok_ping_ms, 1e3);
    if (known.quorum_check)
      sink.Add(kTable[kQuorumCheck], known.quorum_check->reached,
               {master.name, known.quorum_check->message});
    sink.Add(kTable[kOkSentinels], CountOk(known.peers) + 1, {master.name, master.address});
    sink.Add(kTable[kOkReplicas], CountOk(known.replicas), {master.name, master.address});
    for (const SentinelEntry& peer : known.peers) {
      const std::string_view address = peer.address;
      const size_t colon = address.rfind(':');
      sink.Add(kTable[kPeer], 1,
               {master.name, master.address, peer.name, address.substr(0, colon),
                address.substr(colon + 1), peer.run_id, peer.flags});
    }
  }
}

}  // namespace replicawatch::redis
