#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/scrape/prober.h"
#include "exporters/minio/config.h"
#include "exporters/minio/probe_line.h"

namespace replicawatch::minio {

/// Asks single nodes for /probe, directly and only about themselves: of the aggregate answers of
/// the admin API, which wait for all nodes, it asks none.
class MinioProber : public Prober {
 public:
  using Access = ProbeAccess<ProbeSettings>;

  MinioProber(std::vector<Access::Cluster> clusters, std::map<std::string, Module> modules);

  Admission Admit(const ProbeRequest& request) const override;
  Result<void> Probe(const ProbeRequest& request, SampleSink& sink) override;
  void Stop() override;

 private:
  /// Whom to ask, and how; null: nobody.
  struct Question {
    NodeAddress node;
    const ProbeSettings* settings = nullptr;
  };

  Question Find(const ProbeRequest& request) const;
  std::shared_ptr<ProbeLine> LineFor(const ProbeSettings& settings);

  const Access access_;
  std::mutex mutex_;
  // Both guarded by mutex_:
  std::map<const ProbeSettings*, std::shared_ptr<ProbeLine>> lines_;
  bool stopped_ = false;
};

}  // namespace replicawatch::minio
