#pragma once

#include <span>

#include "common/scrape/collector.h"
#include "exporters/minio/view.h"

namespace replicawatch::minio {

/// All collectors of this exporter, in the order of their flags. A new one is one row here, one
/// file beside it.
std::span<const Collector<View>> Collectors();

// One function and one table of families for each file of this folder.
void EmitErasure(const View& view, SampleSink& sink);
MetricTable ErasureMetrics();

}  // namespace replicawatch::minio
