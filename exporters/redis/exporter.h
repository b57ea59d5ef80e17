#pragma once

#include "common/app/exporter.h"
#include "exporters/redis/config.h"
#include "exporters/redis/survey_config.h"
#include "exporters/redis/watcher.h"

namespace replicawatch::redis {

class RedisExporter : public Exporter {
 public:
  std::string_view Program() const override { return "replicawatch-redis"; }
  std::string_view Description() const override;
  int DefaultPort() const override { return 9121; }
  std::vector<CollectorInfo> Collectors() const override;
  std::vector<MetricTable> Metrics() const override;
  void AddFlags(Flags& flags) override;
  ConfigSchema DescribeConfig() const override;
  Result<size_t> CheckSettings() override;
  Result<std::shared_ptr<Started>> Start(const StartRequest& request) override;
  /// redis_exporter's name for it.
  std::string_view ProbeAlias() const override { return "/scrape"; }

 private:
  Result<RedisConfig> ReadSettings(Reread what);
  Result<WatchOptions> ClusterOfFlags() const;

  ConfigFile config_file_;
  std::vector<std::string> addresses_;
  std::string cluster_name_;
  std::string user_;
  std::string sentinel_user_;
  SecretSource password_;
  SecretSource sentinel_password_;
  TlsOptions tls_;
  SurveyConfig survey_;
};

}  // namespace replicawatch::redis
