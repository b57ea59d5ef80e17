#include "exporters/minio/probe_line.h"

#include <algorithm>

namespace replicawatch::minio {
namespace {

constexpr auto kKeepIdle = std::chrono::minutes(10);
constexpr auto kForgetEach = std::chrono::seconds(10);
/// Verdicts make the node ask its peers, and without quorum write a line into its log.
constexpr auto kVerdictInterval = std::chrono::seconds(10);

}  // namespace

ProbeLine::ProbeLine(const NodeSettings& settings, bool relay_native)
    : key_(settings.key ? &*settings.key : nullptr),
      native_(relay_native ? NativeRelay::Pages::kOfNodes : NativeRelay::Pages::kNone),
      client_({settings.ca_file}),
      desk_([this] { client_.Wake(); }) {
  thread_ = std::thread([this] { Run(); });
}

ProbeLine::~ProbeLine() { ProbeLine::Stop(); }

void ProbeLine::Stop() {
  desk_.Stop();
  if (thread_.joinable()) thread_.join();
}

Result<ProbeLine::Answer> ProbeLine::Ask(const NodeAddress& address, Deadline deadline) {
  const auto task = std::make_shared<Task>(address, deadline);
  if (!desk_.Wait(task)) return Fail(ErrorCode::kInternal, "the exporter is ending");
  return std::move(task->answer);
}

void ProbeLine::Run() {
  Desk::TaskList tasks;
  while (desk_.Accept(tasks)) {
    const TimePoint now = Clock::now();
    TimePoint wake = next_forgetting_;
    desk_.HandOver(TakeIf(tasks, [&](const auto& task) { return Settle(*task, now, wake); }));
    if (now >= next_forgetting_) ForgetIdle(now);
    client_.Run(wake);
  }
}

/// True when the node has told all that it will; else `wake` is no later than the moment when this
/// is to be looked at again.
bool ProbeLine::Settle(Task& task, TimePoint now, TimePoint& wake) {
  Target& target = TargetOf(task, now);
  if (!Probe(target, task, now, wake)) {
    wake = std::min({wake, task.deadline.point(), target.give_up});
    return false;
  }
  task.answer.facts = target.node->facts();
  const Node* const node = target.node.get();
  if (const auto native = target.native->Look({&node, 1}, now))
    task.answer.native = native->nodes.front();
  return true;
}

ProbeLine::Target& ProbeLine::TargetOf(const Task& task, TimePoint now) {
  Target& target = targets_[task.address.Url()];
  target.last_asked = now;
  if (target.node) return target;
  target.node = std::make_unique<Node>(client_, task.address);
  target.native = std::make_unique<NativeRelay>(client_, key_, native_);
  return target;
}

bool ProbeLine::Probe(Target& target, const Task& task, TimePoint now, TimePoint& wake) {
  Node& node = *target.node;
  const bool under_way = target.probed > node.probed().value_or(TimePoint());
  if (!under_way && target.probed < task.start) {
    target.probed = now;
    target.give_up = now + Node::kProbeLimit;
    node.Probe(now);
    return false;
  }
  const bool over = task.deadline.Expired(now) || now >= target.give_up;
  if (under_way) {
    if (over) node.MarkSilent();
    return over;
  }
  if (node.TakeChange()) {
    node.ForgetVerdicts();
    target.verdicts_asked = TimePoint();
  }
  if (node.facts().answered && now >= target.verdicts_asked + kVerdictInterval) {
    target.verdicts_asked = now;
    node.AskVerdicts(now);
  }
  const Node* const asked = &node;
  const bool native_settled =
      !target.native->enabled() || target.native->Settle({&asked, 1}, task.start, over, now, wake);
  return over || (node.idle() && native_settled);
}

void ProbeLine::ForgetIdle(TimePoint now) {
  next_forgetting_ = now + kForgetEach;
  std::erase_if(targets_,
                [&](const auto& entry) { return now - entry.second.last_asked > kKeepIdle; });
}

}  // namespace replicawatch::minio
