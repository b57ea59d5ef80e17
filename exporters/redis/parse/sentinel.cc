#include "exporters/redis/parse/sentinel.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "exporters/redis/parse/address.h"

namespace replicawatch::redis {
namespace {

SentinelEntry ParseEntry(const std::vector<Reply>& fields) {
  SentinelEntry entry;
  std::string_view host;
  std::string_view port;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string_view key = fields[i].text;
    const std::string& value = fields[i + 1].text;
    if (key == "name") entry.name = value;
    if (key == "ip") host = value;
    if (key == "port") port = value;
    if (key == "runid") entry.run_id = value;
    if (key == "flags") entry.flags = value;
    if (key == "config-epoch") entry.config_epoch = ParseInt(value);
    if (key == "quorum") entry.quorum = ParseInt(value);
    if (key == "down-after-milliseconds") entry.down_after_ms = ParseInt(value);
    if (key == "failover-timeout") entry.failover_timeout_ms = ParseInt(value);
    if (key == "parallel-syncs") entry.parallel_syncs = ParseInt(value);
    if (key == "role-reported-time") entry.role_reported_ms = ParseInt(value);
    if (key == "voted-leader-epoch") entry.voted_epoch = ParseInt(value);
    if (key == "s-down-time") entry.s_down_ms = ParseInt(value);
    if (key == "last-ok-ping-reply") entry.last_ok_ping_ms = ParseInt(value);
  }
  if (!host.empty() && !port.empty() && port != "0") entry.address = JoinAddress(host, port);
  return entry;
}

}  // namespace

bool SentinelEntry::HasFlag(std::string_view flag) const {
  std::string_view rest = flags;
  while (!rest.empty()) {
    if (CutAt(rest, ',') == flag) return true;
  }
  return false;
}

Result<std::vector<SentinelEntry>> ParseSentinelEntries(const Reply& reply) {
  if (reply.kind != Reply::Kind::kArray)
    return Fail(ErrorCode::kParse, "the answer of the Sentinel is no list");
  std::vector<SentinelEntry> entries;
  for (const Reply& element : reply.elements) {
    if (element.kind != Reply::Kind::kArray)
      return Fail(ErrorCode::kParse, "an entry of the Sentinel is no list");
    SentinelEntry entry = ParseEntry(element.elements);
    if (!entry.address.empty()) entries.push_back(std::move(entry));
  }
  return entries;
}

Result<QuorumCheck> ParseQuorumCheck(const Reply& reply) {
  QuorumCheck check;
  const std::string_view word = reply.ErrorWord();
  check.reached = reply.kind == Reply::Kind::kText && word == "OK";
  if (!check.reached && !(reply.is_error() && word == "NOQUORUM"))
    return Fail(ErrorCode::kParse, "SENTINEL CKQUORUM was answered with: " + reply.text);
  std::string_view rest = std::string_view(reply.text).substr(word.size());
  rest.remove_prefix(std::min<size_t>(1, rest.size()));
  check.usable = ParseInt(CutAt(rest, ' '));
  check.message = reply.text;
  return check;
}

Result<SentinelHello> ParseSentinelHello(std::string_view message) {
  std::array<std::string_view, 8> parts;
  for (std::string_view& part : parts) {
    if (message.empty()) return Fail(ErrorCode::kParse, "a Sentinel's hello has too few parts");
    part = CutAt(message, ',');
  }
  if (parts[0].empty() || !ParseInt(parts[1]))
    return Fail(ErrorCode::kParse, "a Sentinel's hello has no address");
  return SentinelHello{JoinAddress(parts[0], parts[1]), std::string(parts[2]),
                       std::string(parts[4])};
}

}  // namespace replicawatch::redis
