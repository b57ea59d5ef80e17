#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/scrape/prober.h"
#include "exporters/mongo/config.h"

namespace replicawatch::mongo {

/// Asks single nodes for /probe: a member of a watched set over the connection of its watcher, any
/// other over one of its own, which is kept between probes and dropped when the target has not been
/// asked for ten minutes.
class MongoProber : public Prober {
 public:
  using Access = ProbeAccess<ProbeSettings>;

  MongoProber(std::vector<Access::Cluster> clusters, std::map<std::string, Module> modules,
              const SurveyLimits& limits);

  Admission Admit(const ProbeRequest& request) const override;
  Result<void> Probe(const ProbeRequest& request, SampleSink& sink) override;
  void Stop() override;

 private:
  struct Target {
    std::shared_ptr<Pool> pool;
    TimePoint last_asked;
  };

  Access::Grant Find(const ProbeRequest& request) const;
  std::shared_ptr<Pool> PoolFor(const std::string& address, const ProbeSettings& settings);
  std::vector<std::shared_ptr<Pool>> TakeIdle(TimePoint now);

  const Access access_;
  const SurveyLimits limits_;

  std::mutex mutex_;
  // All guarded by mutex_:
  std::map<std::pair<std::string, const ProbeSettings*>, Target> targets_;
  TimePoint next_forgetting_;
  bool stopped_ = false;
};

}  // namespace replicawatch::mongo
