#pragma once

#include <memory>
#include <span>
#include <string>

#include "common/deployment/overview.h"

namespace replicawatch {

/// The members of the clusters in the format of Prometheus' http_sd_configs: one entry each, in
/// stable order. A member of several groups has their names and roles joined by commas, as
/// Prometheus' own discoveries do. A cluster of which nothing is known yet, null, adds nothing.
std::string RenderDiscovery(std::span<const std::shared_ptr<const Overview>> clusters);

}  // namespace replicawatch
