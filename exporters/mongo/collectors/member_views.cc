// Who sees whom: each member as each other one sees it. A partition that lets heartbeats pass in
// one direction only shows nowhere else.

#include <algorithm>
#include <array>

#include "exporters/mongo/collectors/family.h"
#include "exporters/mongo/collectors/table.h"

namespace replicawatch::mongo {
namespace {

enum Index : size_t {
  kHealthy,
  kState,
  kSentAge,
  kReceivedAge,
  kPing,
  kUnauthenticated,
  kIndexSize,
};

constexpr LabelNames kOfPair = {"group", "observer", "member"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Family("replicawatch_mongo_member_view_healthy",
           "1 if the observer's heartbeats reach the member and are answered.",
           "replSetGetStatus members.health of the observer", kOfPair),
    Family("replicawatch_mongo_member_view_state",
           "The member's state as the observer knows it, numbered by the server.",
           "replSetGetStatus members.state of the observer", kOfPair),
    Family("replicawatch_mongo_member_view_heartbeat_age_seconds",
           "Time since the observer's last heartbeat to the member was answered or failed.",
           "replSetGetStatus date minus members.lastHeartbeat of the observer", kOfPair),
    Family("replicawatch_mongo_member_view_heartbeat_received_age_seconds",
           "Time since the observer last received a heartbeat of the member.",
           "replSetGetStatus date minus members.lastHeartbeatRecv of the observer", kOfPair),
    Family("replicawatch_mongo_member_view_ping_seconds",
           "Time of a heartbeat from the observer to the member and back, averaged by the server.",
           "replSetGetStatus members.pingMs of the observer", kOfPair),
    Family("replicawatch_mongo_member_view_unauthenticated",
           "1 if the member and the observer do not accept each other's key file or certificate.",
           "replSetGetStatus members.authenticated of the observer", kOfPair),
}};

void EmitPair(const View& view, const MemberDetails& observer, const SeenMember& seen,
              SampleSink& sink) {
  const auto add = [&](Index index, std::optional<double> value) {
    sink.Add(kTable[index], value, {view.group, observer.member, seen.name});
  };
  // By the observer's clock alone, and up to the moment of its answer.
  const auto age = [&](std::optional<int64_t> then_ms) -> std::optional<double> {
    if (!then_ms || !observer.status->date_ms) return std::nullopt;
    const int64_t ms = std::max<int64_t>(*observer.status->date_ms - *then_ms, 0);
    return static_cast<double>(ms) / 1000;
  };
  add(kHealthy, seen.healthy);
  add(kState, seen.state);
  add(kSentAge, age(seen.last_heartbeat_ms));
  add(kReceivedAge, age(seen.last_heartbeat_recv_ms));
  add(kPing, seen.ping_seconds);
  add(kUnauthenticated, !seen.authenticated);
}

}  // namespace

MetricTable MemberViewMetrics() { return kTable; }

void EmitMemberViews(const View& view, SampleSink& sink) {
  for (const MemberDetails& observer : view.details) {
    if (!observer.status) continue;
    for (const SeenMember& seen : observer.status->members) {
      if (!seen.self && !seen.name.empty()) EmitPair(view, observer, seen, sink);
    }
  }
}

}  // namespace replicawatch::mongo
