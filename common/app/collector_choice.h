#pragma once

#include <vector>

#include "common/config/yaml.h"
#include "common/scrape/collector.h"

namespace replicawatch {

/// What the configuration file says of the collectors of one cluster: it goes over the flags.
struct CollectorChoice {
  CollectorSet on;
  CollectorSet off;

  CollectorSet Over(CollectorSet flags) const { return flags.With(on).Without(off); }
};

/// The mapping `collectors` of a cluster: true or false under the names of some of `collectors`,
/// which are all of the exporter.
YamlValue::Read Into(CollectorChoice& choice, std::vector<CollectorInfo> collectors);

}  // namespace replicawatch
