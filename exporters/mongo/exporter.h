#pragma once

#include <string>

#include "common/app/exporter.h"
#include "exporters/mongo/config.h"
#include "exporters/mongo/topics.h"

namespace replicawatch::mongo {

class MongoExporter : public Exporter {
 public:
  std::string_view Program() const override { return "replicawatch-mongo"; }
  std::string_view Description() const override;
  int DefaultPort() const override { return 9216; }
  std::string_view ProbeAlias() const override { return "/scrape"; }  // mongodb_exporter's
  std::vector<CollectorInfo> Collectors() const override;
  std::vector<MetricTable> Metrics() const override;
  MetricTable MetricPatterns() const override;
  void AddFlags(Flags& flags) override;
  ConfigSchema DescribeConfig() const override;
  Result<size_t> CheckSettings() override;
  Result<std::shared_ptr<Started>> Start(const StartRequest& request) override;

 private:
  Result<MongoConfig> ReadSettings(Reread what);
  Result<ClusterConfig> ClusterOfFlags() const;

  ConfigFile config_file_;
  std::string uri_;
  std::string cluster_name_;
  SurveyLimits limits_;
  std::string user_;
  SecretSource password_;
};

}  // namespace replicawatch::mongo
