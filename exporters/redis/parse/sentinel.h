#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// One node as a Sentinel sees it: an element of SENTINEL MASTERS, REPLICAS or SENTINELS.
struct SentinelEntry {
  std::string name;                      ///< of a master: the monitored name
  std::string address;                   ///< host:port
  std::string run_id;                    ///< empty while the Sentinel has not reached the node
  std::string flags;                     ///< comma-separated: "slave,s_down,disconnected"
  std::optional<int64_t> config_epoch;   ///< of a master
  std::optional<int64_t> quorum;         ///< of a master
  std::optional<int64_t> down_after_ms;  ///< down-after-milliseconds
  std::optional<int64_t> failover_timeout_ms;  ///< of a master
  std::optional<int64_t> parallel_syncs;       ///< of a master
  std::optional<int64_t> last_ok_ping_ms;      ///< ago: last-ok-ping-reply
  std::optional<int64_t> role_reported_ms;     ///< for how long the Sentinel has seen this role
  std::optional<int64_t> voted_epoch;          ///< of a peer: voted-leader-epoch
  std::optional<int64_t> s_down_ms;            ///< how long it is s_down; only while it is

  bool HasFlag(std::string_view flag) const;
};

/// The answer to SENTINEL CKQUORUM: whether this Sentinel could begin a failover and get it
/// authorised, as far as it sees its peers.
struct QuorumCheck {
  bool reached = false;  ///< +OK; false for -NOQUORUM
  std::optional<int64_t> usable;
  std::string message;  ///< the whole answer
};

/// Fails when the answer is another error: then nothing is known. Pure.
Result<QuorumCheck> ParseQuorumCheck(const Reply& reply);

/// What one Sentinel knows under one master name.
struct SentinelMaster {
  SentinelEntry master;
  std::vector<SentinelEntry> replicas;
  std::vector<SentinelEntry>
      peers;  ///< the other Sentinels, dead ones too: Sentinel never forgets by itself
  std::optional<QuorumCheck> quorum_check;
  std::optional<double> master_since;  ///< time of day from which on the node is master for this
                                       ///< Sentinel; empty when that is since its own start
};

/// Reads the answer to SENTINEL MASTERS, REPLICAS or SENTINELS: an array of flat arrays of names
/// and values. Entries without an address are left out. Pure.
Result<std::vector<SentinelEntry>> ParseSentinelEntries(const Reply& reply);

/// A message of the channel __sentinel__:hello, in which each Sentinel announces itself every 2 s:
/// ip,port,runid,epoch,master name,master ip,master port,master config epoch.
struct SentinelHello {
  std::string address;
  std::string run_id;
  std::string master_name;
};
Result<SentinelHello> ParseSentinelHello(std::string_view message);

}  // namespace replicawatch::redis
