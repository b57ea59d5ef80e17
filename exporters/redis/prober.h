#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/scrape/prober.h"
#include "common/scrape/task_desk.h"
#include "exporters/redis/config.h"
#include "exporters/redis/node.h"
#include "exporters/redis/survey.h"
#include "exporters/redis/view.h"

namespace replicawatch::redis {

/// Asks single nodes for /probe. One thread owns all connections, which are kept between probes and
/// dropped when a target has not been asked for ten minutes; probes leave their request and wait.
class RedisProber : public Prober {
 public:
  using Access = ProbeAccess<NodeSettings, RedisWatcher>;

  RedisProber(std::vector<Access::Cluster> clusters, std::map<std::string, Module> modules);
  ~RedisProber() override;

  Admission Admit(const ProbeRequest& request) const override;
  Result<void> Probe(const ProbeRequest& request, SampleSink& sink) override;
  void Stop() override;

 private:
  struct Task : DeskTask {
    Task(std::string to, Access::Grant by, Deadline until)
        : address(std::move(to)), grant(by), deadline(until) {}

    const std::string address;
    const Access::Grant grant;
    const Deadline deadline;
    const TimePoint start = Clock::now();
    bool tried_both_logins = false;
    NodeView view;
    std::optional<Error> error;
  };
  using Desk = TaskDesk<Task>;

  struct Target {
    std::unique_ptr<Node> node;
    std::unique_ptr<Survey> survey;  // null: there is none
    TimePoint last_asked;
  };

  Access::Grant Find(const std::string& address, const std::string& module) const;
  void Run();
  void Wait(TimePoint until);
  bool Settle(Task& task, TimePoint now);
  TimePoint StepSurveys(TimePoint now);
  void ForgetIdle(TimePoint now);

  const Access access_;
  const int wake_fd_;
  Desk desk_;

  // Of the loop's thread only:
  Resolver resolver_;
  std::map<std::pair<std::string, const NodeSettings*>, Target> targets_;
  TimePoint next_forgetting_;

  std::thread thread_;
};

}  // namespace replicawatch::redis
