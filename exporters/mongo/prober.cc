#include "exporters/mongo/prober.h"

#include <algorithm>

#include "common/base/text.h"
#include "exporters/mongo/collectors/node.h"

namespace replicawatch::mongo {
namespace {

constexpr auto kKeepIdle = std::chrono::minutes(10);
constexpr auto kForgetEach = std::chrono::seconds(10);
constexpr std::string_view kScheme = "mongodb://";

/// host:port of "host", "host:port" or "mongodb://host:port"; one host, and nothing after it.
Result<std::string> AddressOf(std::string_view target) {
  if (target.starts_with(kScheme)) target.remove_prefix(kScheme.size());
  // What the driver would take for more than an address.
  if (target.empty() || target.find_first_of(",/?@ ") != std::string_view::npos)
    return Fail(ErrorCode::kParse, "the target is no host:port");
  const Result<Settings> settings = ParseSettings(target);
  if (!settings) return tl::unexpected(settings.error());
  return settings->seeds.front();
}

/// To a watcher a mongos is an error, since it is no member of a set; here it is one more node.
bool IsRouterThatTold(const MemberFacts& facts) {
  return facts.hello && facts.hello->mongos && facts.node &&
         facts.error->code == ErrorCode::kUnsupported;
}

}  // namespace

MongoProber::MongoProber(std::vector<Access::Cluster> clusters,
                         std::map<std::string, Module> modules, const SurveyLimits& limits)
    : access_(std::move(clusters), std::move(modules)), limits_(limits) {}

void MongoProber::Stop() {
  std::map<std::pair<std::string, const ProbeSettings*>, Target> targets;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    targets = std::exchange(targets_, {});
  }
  for (const auto& [key, target] : targets) target.pool->Stop();
}

MongoProber::Access::Grant MongoProber::Find(const ProbeRequest& request) const {
  const Result<std::string> address = AddressOf(request.target);
  if (!address) return {};
  const size_t colon = address->rfind(':');
  const std::optional<int64_t> port = ParseInt(std::string_view(*address).substr(colon + 1));
  std::string_view host = std::string_view(*address).substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return access_.Find(*address, host, static_cast<int>(port.value_or(0)), request.module);
}

Prober::Admission MongoProber::Admit(const ProbeRequest& request) const {
  if (!access_.KnowsModule(request.module)) return Admission::kUnknownModule;
  return Find(request).settings != nullptr ? Admission::kAllowed : Admission::kForbidden;
}

Result<void> MongoProber::Probe(const ProbeRequest& request, SampleSink& sink) {
  const Access::Grant grant = Find(request);
  const std::string gone = "the target is no member any more";
  if (grant.settings == nullptr) return Fail(ErrorCode::kConnect, gone);
  const std::string address = *AddressOf(request.target);
  const std::shared_ptr<Pool> pool =
      grant.settings->pool ? grant.settings->pool : PoolFor(address, *grant.settings);
  if (!pool) return Fail(ErrorCode::kInternal, "the exporter is ending");
  const std::optional<WatchedNode> node =
      pool->AskOne(address, request.deadline, grant.settings->topics);
  if (!node) return Fail(ErrorCode::kConnect, gone);
  EmitNodeAlone(*node, sink);
  if (node->facts->error && !IsRouterThatTold(*node->facts))
    return tl::unexpected(*node->facts->error);
  if (!node->answered()) return Fail(ErrorCode::kTimeout, "no answer within the budget");
  return {};
}

std::shared_ptr<Pool> MongoProber::PoolFor(const std::string& address,
                                           const ProbeSettings& settings) {
  const TimePoint now = Clock::now();
  std::vector<std::shared_ptr<Pool>> idle;
  std::shared_ptr<Pool> pool;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return nullptr;
    Target& target = targets_[{address, &settings}];
    if (!target.pool) {
      target.pool = std::make_shared<Pool>(
          [settings = settings.settings](const std::string& to) {
            return MongocSessions(settings, to);
          },
          PoolOptions{.login = settings.settings.has_login(), .follow = false, .limits = limits_});
      target.pool->Start({address});
    }
    target.last_asked = now;
    pool = target.pool;
    idle = TakeIdle(now);
  }
  // Outside of the lock: each may wait a moment for a call that hangs.
  for (const auto& each : idle) each->Stop();
  return pool;
}

std::vector<std::shared_ptr<Pool>> MongoProber::TakeIdle(TimePoint now) {
  std::vector<std::shared_ptr<Pool>> idle;
  if (now < next_forgetting_) return idle;
  next_forgetting_ = now + kForgetEach;
  std::erase_if(targets_, [&](const auto& entry) {
    const bool is_idle = now - entry.second.last_asked > kKeepIdle;
    if (is_idle) idle.push_back(entry.second.pool);
    return is_idle;
  });
  return idle;
}

}  // namespace replicawatch::mongo
