#include "exporters/redis/prober.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/log.h"
#include "exporters/redis/collectors/table.h"
#include "exporters/redis/parse/seed.h"

namespace replicawatch::redis {
namespace {

constexpr auto kKeepIdle = std::chrono::minutes(10);
constexpr auto kForgetEach = std::chrono::seconds(10);
/// Sessions look at their time-outs at least this often while they wait.
constexpr auto kPace = std::chrono::milliseconds(100);

/// host:port of "host", "host:port" or "redis://host:port". A user or password was refused before.
Result<std::string> AddressOf(const std::string& target) {
  const Result<Seed> seed = ParseSeed(target);
  if (!seed) return tl::unexpected(seed.error());
  return seed->address;
}

}  // namespace

RedisProber::RedisProber(std::vector<Access::Cluster> clusters,
                         std::map<std::string, Module> modules)
    : access_(std::move(clusters), std::move(modules)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      desk_([this] { eventfd_write(wake_fd_, 1); }) {
  thread_ = std::thread([this] { Run(); });
}

RedisProber::~RedisProber() {
  RedisProber::Stop();
  close(wake_fd_);
}

void RedisProber::Stop() {
  desk_.Stop();
  if (thread_.joinable()) thread_.join();
}

RedisProber::Access::Grant RedisProber::Find(const std::string& address,
                                             const std::string& module) const {
  const Result<HostPort> where = SplitAddress(address);
  return where ? access_.Find(address, where->host, where->port, module) : Access::Grant();
}

Prober::Admission RedisProber::Admit(const ProbeRequest& request) const {
  if (!access_.KnowsModule(request.module)) return Admission::kUnknownModule;
  const Result<std::string> address = AddressOf(request.target);
  const bool allowed = address && Find(*address, request.module).settings != nullptr;
  return allowed ? Admission::kAllowed : Admission::kForbidden;
}

Result<void> RedisProber::Probe(const ProbeRequest& request, SampleSink& sink) {
  const Result<std::string> address = AddressOf(request.target);
  const Access::Grant grant = address ? Find(*address, request.module) : Access::Grant();
  // It may have left its cluster since it was admitted.
  if (grant.settings == nullptr)
    return Fail(ErrorCode::kConnect, "the target is no member any more");
  const auto task = std::make_shared<Task>(*address, grant, request.deadline);
  if (!desk_.Wait(task)) return Fail(ErrorCode::kInternal, "the exporter is ending");
  if (task->error && task->error->code == ErrorCode::kInternal) return tl::unexpected(*task->error);
  EmitNodeAlone(task->view, sink);
  if (task->error) return tl::unexpected(*task->error);
  return {};
}

void RedisProber::Run() {
  Desk::TaskList tasks;
  while (desk_.Accept(tasks)) {
    const TimePoint now = Clock::now();
    desk_.HandOver(TakeIf(tasks, [&](const auto& task) { return Settle(*task, now); }));
    TimePoint until = next_forgetting_;
    for (const auto& task : tasks) until = std::min({until, task->deadline.point(), now + kPace});
    if (now >= next_forgetting_) ForgetIdle(now);
    Wait(std::min(until, StepSurveys(now)));
  }
}

/// Begins the probe of a new task, or looks whether the one under way is over.
bool RedisProber::Settle(Task& task, TimePoint now) {
  Target& target = targets_[{task.address, task.grant.settings}];
  target.last_asked = now;
  if (!target.node) {
    const Result<HostPort> where = SplitAddress(task.address);
    target.node = std::make_unique<Node>(task.address, *where, task.grant.role == "sentinel",
                                         *task.grant.settings, resolver_);
    if (task.grant.settings->survey)
      target.survey = std::make_unique<Survey>(*task.grant.settings, *where, resolver_);
  }
  Node& node = *target.node;
  if (node.probe_ended() < task.start) {
    node.Probe(now);
    if (node.probing() && !task.deadline.Expired(now)) return false;
    if (node.probing()) node.MarkTimedOut(now);
  }
  const auto& error = node.facts().error;
  if (error && error->code == ErrorCode::kAuth && !task.tried_both_logins) {
    // Only a refusal shows that it is a Sentinel, or none.
    task.tried_both_logins = true;
    node.Probe(now);
    if (node.probing()) return false;
  }
  task.view = JoinNode(node.facts());
  if (target.survey) AddSurvey(*target.survey, now, task.view);
  // The keys of a member are surveyed once, by its watcher.
  if (task.grant.watcher != nullptr) task.grant.watcher->AddSurveyOf(task.address, task.view);
  task.error = node.facts().error;
  return true;
}

/// Lets the surveys go on and returns when the next step is due.
TimePoint RedisProber::StepSurveys(TimePoint now) {
  SurveyRound round(now);
  for (const auto& [key, target] : targets_) {
    if (target.survey) round.Add(*target.survey, target.node->facts());
  }
  return round.Step();
}

void RedisProber::ForgetIdle(TimePoint now) {
  next_forgetting_ = now + kForgetEach;
  std::erase_if(targets_,
                [&](const auto& entry) { return now - entry.second.last_asked > kKeepIdle; });
}

void RedisProber::Wait(TimePoint until) {
  std::vector<pollfd> polled = {{wake_fd_, POLLIN, 0}};
  std::vector<Session*> sessions;
  const auto add = [&](Session& session) {
    polled.push_back(session.Interest());
    sessions.push_back(&session);
  };
  for (const auto& [key, target] : targets_) {
    add(target.node->session());
    if (target.survey) target.survey->ForEachSession(add);
  }
  poll(polled.data(), polled.size(), Deadline::At(until).RemainingMs());
  eventfd_t ignored = 0;
  if (polled[0].revents != 0) eventfd_read(wake_fd_, &ignored);
  const TimePoint now = Clock::now();
  for (size_t i = 0; i < sessions.size(); ++i) sessions[i]->Advance(polled[i + 1].revents, now);
}

}  // namespace replicawatch::redis
