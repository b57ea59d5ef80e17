#pragma once

#include "common/app/exporter.h"
#include "exporters/minio/config.h"
#include "exporters/minio/settings.h"

namespace replicawatch::minio {

class MinioExporter : public Exporter {
 public:
  std::string_view Program() const override { return "replicawatch-minio"; }
  std::string_view Description() const override;
  int DefaultPort() const override { return 9290; }
  std::vector<CollectorInfo> Collectors() const override;
  std::vector<MetricTable> Metrics() const override;
  MetricTable MetricPatterns() const override;
  void AddFlags(Flags& flags) override;
  Result<size_t> CheckSettings() override;
  Result<Started> Start(CollectorSet collectors) override;

 private:
  Result<MinioConfig> ReadSettings();
  Result<WatchOptions> ClusterOfFlags() const;

  std::string config_file_;
  std::vector<std::string> urls_;
  std::string cluster_name_;
  std::string ca_file_;
  S3Key key_;
  CanarySettings canary_;
};

}  // namespace replicawatch::minio
