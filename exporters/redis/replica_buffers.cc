#include "exporters/redis/replica_buffers.h"

#include <algorithm>
#include <vector>

#include "exporters/redis/parse/buffer_limit.h"

namespace replicawatch::redis {
namespace {

std::string_view HostOf(std::string_view address) { return address.substr(0, address.rfind(':')); }

/// One replica as its parent's INFO lists it.
struct Attached {
  std::string_view address;  // that it announces
  std::string member;        // by which name the deployment knows it
  std::string_view link;     // its own end of the link, where it has told
};

std::vector<Attached> AttachedTo(const NodeFacts& parent, const Topology& topology,
                                 const NodesByAddress& nodes) {
  std::vector<Attached> all;
  for (const AttachedReplica& replica : parent.info->replication.attached) {
    const auto alias = topology.aliases.find(replica.address);
    Attached& attached = all.emplace_back();
    attached.address = replica.address;
    attached.member = alias == topology.aliases.end() ? replica.address : alias->second;
    const auto node = nodes.find(attached.member);
    if (node != nodes.end()) attached.link = node->second->master_link;
  }
  return all;
}

/// Its place in the list, when it is the only one there.
template <class List, class Is>
auto OnlyOne(List& list, const Is& is) {
  const auto found = std::find_if(list.begin(), list.end(), is);
  const bool again =
      found != list.end() && std::find_if(std::next(found), list.end(), is) != list.end();
  return again ? list.end() : found;
}

ReplicaBuffer BufferOf(const Client& link, const NodeFacts& parent) {
  ReplicaBuffer buffer;
  buffer.used_bytes = link.output_bytes().value_or(0);
  for (const BufferLimit& limit : ParseBufferLimits(SettingOf(parent.settings, kBufferLimits))) {
    if (!limit.is_of_replicas()) continue;
    if (limit.hard_bytes && *limit.hard_bytes > 0) buffer.hard_limit_bytes = limit.hard_bytes;
    if (limit.soft_bytes && *limit.soft_bytes > 0) buffer.soft_limit_bytes = limit.soft_bytes;
  }
  // From 7.0 on the buffer is that of the backlog, and a lower hard limit does not count
  // (checkClientOutputBufferLimits).
  const std::optional<int64_t>& backlog = parent.info->replication.backlog_size;
  if (buffer.hard_limit_bytes && backlog && AtLeast(parent.info->version, 7, 0))
    buffer.hard_limit_bytes = std::max(*buffer.hard_limit_bytes, *backlog);
  return buffer;
}

}  // namespace

std::optional<int64_t> ReplicaBuffer::headroom_bytes() const {
  if (!hard_limit_bytes && !soft_limit_bytes) return std::nullopt;
  const int64_t none = hard_limit_bytes ? *hard_limit_bytes : *soft_limit_bytes;
  return std::min(none, soft_limit_bytes.value_or(none)) - used_bytes;
}

std::map<std::string, ReplicaBuffer> BuffersOf(const NodeFacts& parent, const Topology& topology,
                                               const NodesByAddress& nodes) {
  std::map<std::string, ReplicaBuffer> buffers;
  std::vector<Attached> replicas = AttachedTo(parent, topology, nodes);
  std::vector<const Client*> links;
  for (const Client& link : parent.replica_links) {
    if (!link.output_bytes()) continue;
    const auto other_end =
        OnlyOne(replicas, [&](const Attached& replica) { return replica.link == link.address; });
    if (other_end == replicas.end()) {
      links.push_back(&link);
    } else {
      buffers.emplace(other_end->member, BufferOf(link, parent));
      replicas.erase(other_end);
    }
  }
  for (const Attached& replica : replicas) {
    const std::string_view host = HostOf(replica.address);
    const auto is_there = [&](std::string_view address) { return HostOf(address) == host; };
    const auto link = OnlyOne(links, [&](const Client* known) { return is_there(known->address); });
    const auto self =
        OnlyOne(replicas, [&](const Attached& other) { return is_there(other.address); });
    if (link != links.end() && self != replicas.end())
      buffers.emplace(replica.member, BufferOf(**link, parent));
  }
  return buffers;
}

}  // namespace replicawatch::redis
