#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/flags.h"
#include "common/metrics/desc.h"
#include "common/scrape/collector.h"
#include "common/scrape/prober.h"
#include "common/scrape/watcher.h"

namespace replicawatch {

/// What an exporter has running: the prober, which may refer to the watchers, ends first.
struct Started {
  std::vector<std::unique_ptr<Watcher>> watchers;
  std::unique_ptr<Prober> prober;  ///< null: there is no /probe
};

/// What tells one exporter from another; all else is RunApp().
class Exporter {
 public:
  virtual ~Exporter() = default;

  virtual std::string_view Program() const = 0;      ///< "replicawatch-redis"
  virtual std::string_view Description() const = 0;  ///< one sentence for --help
  virtual int DefaultPort() const = 0;

  virtual std::vector<CollectorInfo> Collectors()
      const = 0;                                         ///< the first is kDeploymentCollectorInfo
  virtual std::vector<MetricTable> Metrics() const = 0;  ///< the service's own families

  /// Families that are named after what a server answers, which no table can list, for
  /// --metrics.list: `*` stands for the rest of a name.
  virtual MetricTable MetricPatterns() const { return {}; }

  virtual void AddFlags(Flags& flags) = 0;

  /// Reads all settings, those of flags, files and environment, as Start() does, and sends nothing
  /// to anybody. How many clusters there are to watch, or what is wrong, and where.
  virtual Result<size_t> CheckSettings() = 0;

  /// Called once, after the flags were read. Starts to watch and does not wait for the servers: one
  /// that is away is data, not an error. Fails on settings that can't be used.
  /// `collectors`: those that a scrape may choose from.
  virtual Result<Started> Start(CollectorSet collectors) = 0;

  /// Where /probe answers too, under the name that another exporter gave it; empty for none.
  virtual std::string_view ProbeAlias() const { return {}; }
};

/// Reads flags, serves until TERM or INT, and returns the process's exit code: 0 after a clean end,
/// 2 for a bad flag, 1 when it could not start.
int RunApp(Exporter& exporter, int argc, char** argv);

}  // namespace replicawatch
