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
  ConfigSchema DescribeConfig() const override;
  Result<size_t> CheckSettings() override;
  Result<std::shared_ptr<Started>> Start(const StartRequest& request) override;

 private:
  Result<MinioConfig> ReadSettings(Reread what);
  Result<WatchOptions> ClusterOfFlags() const;

  ConfigFile config_file_;
  std::vector<std::string> urls_;
  std::string cluster_name_;
  std::string ca_file_;
  SecretSource secret_key_;
  std::string region_ = S3Key().region;
  CanarySettings canary_;
};

}  // namespace replicawatch::minio
