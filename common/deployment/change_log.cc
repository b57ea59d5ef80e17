#include "common/deployment/change_log.h"

#include "common/base/log.h"

namespace replicawatch {
namespace {

std::string_view RoleOf(const Overview& overview, const std::string& member) {
  for (const GroupOverview& group : overview.groups) {
    for (const Membership& membership : group.members) {
      if (membership.member == member) return membership.role;
    }
  }
  return {};
}

}  // namespace

void ChangeLog::Observe(const Overview& overview) {
  const std::string_view service = overview.vocabulary->service;
  std::map<std::string, State> present;
  for (const MemberOverview& member : overview.members) {
    State& now = present[member.name];
    now.up = member.up;
    now.role = RoleOf(overview, member.name);
    if (member.error) now.error_code = ErrorCodeName(member.error->code);

    const auto before = members_.find(member.name);
    const bool known = before != members_.end();
    const bool error_changed =
        known ? before->second.error_code != now.error_code : member.error.has_value();
    if (member.error && error_changed) {
      // A member that stays away, now by a refused connection and now by a time-out, has not
      // changed its state: that may go to and fro with every scrape.
      const bool same_state =
          known && before->second.up == now.up && !before->second.error_code.empty();
      const auto log = same_state ? LogFolded : Log;
      log(LogLevel::kWarn, member.up ? "member answers with an error" : "member down",
          {{"service", service},
           {"cluster", overview.cluster},
           {"member", member.name},
           {"code", now.error_code},
           {"reason", member.error->message}});
    } else if (now.up && (!known || !before->second.up || error_changed)) {
      Log(LogLevel::kInfo, "member up",
          {{"service", service},
           {"cluster", overview.cluster},
           {"member", member.name},
           {"role", now.role}});
    } else if (known && before->second.role != now.role && !now.role.empty()) {
      Log(LogLevel::kInfo, "member changed its role",
          {{"service", service},
           {"cluster", overview.cluster},
           {"member", member.name},
           {"role", now.role},
           {"before", before->second.role}});
    }
  }
  for (const auto& [name, state] : members_) {
    if (!present.contains(name)) {
      Log(LogLevel::kInfo, "member left the deployment",
          {{"service", service}, {"cluster", overview.cluster}, {"member", name}});
    }
  }
  members_ = std::move(present);
}

}  // namespace replicawatch
