#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/target_pattern.h"
#include "common/scrape/prober.h"
#include "common/scrape/watcher.h"

namespace replicawatch {

/// A module of the configuration file: whom /probe may ask, and how.
template <class Settings>
struct ProbeModule {
  Settings settings;  ///< with the credentials
  std::vector<TargetPattern> allow;
};

/// Which targets /probe may ask, and with whose credentials: members of a watched cluster with the
/// cluster's own, others with those of a module that allows them. Immutable, so thread-safe;
/// watchers must outlive it.
template <class Settings, class ClusterWatcher = Watcher>
class ProbeAccess {
 public:
  using Module = ProbeModule<Settings>;

  struct Cluster {
    const ClusterWatcher* watcher;
    Settings settings;
  };

  /// How a target may be asked.
  struct Grant {
    const Settings* settings = nullptr;       ///< null: not at all
    const ClusterWatcher* watcher = nullptr;  ///< of whose cluster it is a member, if any
    std::string_view role;                    ///< of that member, as far as it is known
  };

  ProbeAccess(std::vector<Cluster> clusters, std::map<std::string, Module> modules)
      : clusters_(std::move(clusters)), modules_(std::move(modules)) {}

  /// `host` without brackets; `address` is both as a cluster names its members.
  Grant Find(const std::string& address, std::string_view host, int port,
             const std::string& module) const {
    if (module.empty()) {
      for (const Cluster& cluster : clusters_) {
        const auto overview = cluster.watcher->Latest();
        if (overview && IsMember(*overview, address))
          return {&cluster.settings, cluster.watcher, RoleOf(*overview, address)};
      }
    }
    const auto found = modules_.find(module.empty() ? "default" : module);
    if (found == modules_.end()) return {};
    const auto matches = [&](const TargetPattern& pattern) { return pattern.Matches(host, port); };
    const auto& allow = found->second.allow;
    if (std::none_of(allow.begin(), allow.end(), matches)) return {};
    return {&found->second.settings, nullptr, {}};
  }

  bool KnowsModule(const std::string& module) const {
    return module.empty() || modules_.contains(module);
  }

 private:
  static bool IsMember(const Overview& overview, const std::string& address) {
    return std::any_of(overview.members.begin(), overview.members.end(),
                       [&](const MemberOverview& member) { return member.name == address; });
  }

  static std::string_view RoleOf(const Overview& overview, const std::string& address) {
    for (const GroupOverview& group : overview.groups) {
      for (const Membership& member : group.members) {
        if (member.member == address) return member.role;
      }
    }
    return {};
  }

  const std::vector<Cluster> clusters_;
  const std::map<std::string, Module> modules_;
};

}  // namespace replicawatch
