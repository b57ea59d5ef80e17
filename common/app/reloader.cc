#include "common/app/reloader.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "common/base/log.h"

namespace replicawatch {
namespace {

/// While a member refuses a login its secrets are looked at as often as this.
constexpr auto kSecretsInterval = std::chrono::seconds(5);

const std::string kFile = "config";

bool Has(const Started& started, const std::string& settings_digest) {
  return std::any_of(
      started.clusters.begin(), started.clusters.end(),
      [&](const WatchedCluster& cluster) { return cluster.settings_digest == settings_digest; });
}

/// How many clusters the first has that the second has not.
size_t CountNew(const Started& first, const Started& second) {
  return static_cast<size_t>(std::count_if(
      first.clusters.begin(), first.clusters.end(),
      [&](const WatchedCluster& cluster) { return !Has(second, cluster.settings_digest); }));
}

bool IsSame(const Started& first, const Started& second) {
  return first.modules_digest == second.modules_digest &&
         std::equal(first.clusters.begin(), first.clusters.end(), second.clusters.begin(),
                    second.clusters.end(), [](const auto& one, const auto& other) {
                      return one.settings_digest == other.settings_digest;
                    });
}

}  // namespace

Result<void> Reloader::Start() {
  const Result<bool> read = Read(Reread::kAll);
  if (!read) return tl::unexpected(read.error());
  self_.CountReading(kFile, true);
  return {};
}

std::shared_ptr<Started> Reloader::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

TimePoint Reloader::changed() const {
  const std::lock_guard lock(mutex_);
  return changed_;
}

/// Whether anything has changed.
Result<bool> Reloader::Read(Reread what) {
  const std::lock_guard reading(reading_);
  const std::shared_ptr<Started> before = Current();
  Result<std::shared_ptr<Started>> next = exporter_.Start({collectors_, what, before.get()});
  if (!next) return tl::unexpected(next.error());
  if (before && IsSame(**next, *before)) return false;
  if (before) {
    Log(LogLevel::kInfo, "settings have changed",
        {{"clusters", static_cast<double>((*next)->clusters.size())},
         {"started", static_cast<double>(CountNew(**next, *before))},
         {"ended", static_cast<double>(CountNew(*before, **next))}});
  }
  const std::lock_guard lock(mutex_);
  changed_ = Clock::now();
  if (current_) retired_.push_back(std::move(current_));
  current_ = std::move(*next);
  return true;
}

Result<void> Reloader::Reload() {
  const Result<bool> changed = Read(Reread::kAll);
  self_.CountReading(kFile, changed.has_value());
  if (!changed) {
    Log(LogLevel::kError, "the new configuration is not used",
        {{"error", changed.error().message}});
    return tl::unexpected(changed.error());
  }
  if (!*changed) Log(LogLevel::kInfo, "configuration read again, nothing has changed");
  return {};
}

bool Reloader::AnyRefused() const {
  const std::shared_ptr<Started> current = Current();
  return std::any_of(
      current->clusters.begin(), current->clusters.end(), [](const WatchedCluster& cluster) {
        const std::shared_ptr<const Overview> overview = cluster.watcher->Latest();
        return overview && std::any_of(overview->members.begin(), overview->members.end(),
                                       [](const MemberOverview& member) {
                                         return member.error &&
                                                member.error->code == ErrorCode::kAuth;
                                       });
      });
}

void Reloader::Tick(TimePoint now) {
  if (now >= next_secrets_ && AnyRefused()) {
    next_secrets_ = now + kSecretsInterval;
    const Result<bool> changed = Read(Reread::kSecrets);
    const std::string problem = changed ? "" : changed.error().message;
    if (!problem.empty() && problem != secrets_problem_)
      Log(LogLevel::kError, "secrets can't be read again", {{"error", problem}});
    secrets_problem_ = problem;
  }
  // Ended here, outside of the lock, and not by the request that happens to be the last one: a
  // thread that hangs on a server is waited for.
  std::vector<std::shared_ptr<Started>> unused;
  {
    const std::lock_guard lock(mutex_);
    const auto in_use = std::partition(retired_.begin(), retired_.end(),
                                       [](const auto& one) { return one.use_count() > 1; });
    unused.assign(std::make_move_iterator(in_use), std::make_move_iterator(retired_.end()));
    retired_.erase(in_use, retired_.end());
  }
}

void Reloader::Stop() {
  std::vector<std::shared_ptr<Started>> all;
  {
    const std::lock_guard lock(mutex_);
    all = retired_;
    if (current_) all.push_back(current_);
  }
  std::set<std::shared_ptr<Watcher>> watchers;  // several configurations may have one
  for (const auto& started : all) {
    for (const WatchedCluster& cluster : started->clusters) watchers.insert(cluster.watcher);
  }
  // Side by side: one that hangs on its servers takes its time.
  std::vector<std::jthread> stops;
  for (const auto& watcher : watchers) stops.emplace_back([&watcher] { watcher->Stop(); });
  for (const auto& started : all) {
    if (started->prober) stops.emplace_back([&started] { started->prober->Stop(); });
  }
}

}  // namespace replicawatch
