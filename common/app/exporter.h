#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/flags.h"
#include "common/config/readers.h"
#include "common/metrics/desc.h"
#include "common/scrape/collector.h"
#include "common/scrape/prober.h"
#include "common/scrape/watcher.h"

namespace replicawatch {

/// A cluster that is watched, and the digest of its settings: with another one a reload starts it
/// anew.
struct WatchedCluster {
  std::string settings_digest;
  CollectorSet collectors;           ///< those that a scrape may choose from
  std::shared_ptr<Watcher> watcher;  ///< ends with the last configuration that has the cluster
};

/// What an exporter has running by one configuration. Its settings don't change; requests that are
/// under way hold it.
struct Started {
  Started() = default;
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  ~Started() {
    if (prober) prober->Stop();
  }

  std::vector<WatchedCluster> clusters;
  std::string modules_digest;      ///< of the modules for /probe
  std::unique_ptr<Prober> prober;  ///< may refer to the watchers, and ends before them
};

struct StartRequest {
  CollectorSet collectors;  ///< by the flags; the file may say something else for a cluster
  Reread reread = Reread::kAll;
  const Started* before = nullptr;  ///< what runs now, if anything does
};

/// The watcher of the cluster with just these settings, if there is one, which goes on.
template <class ClusterWatcher>
std::shared_ptr<ClusterWatcher> Running(const Started* before, std::string_view settings_digest) {
  if (before == nullptr) return nullptr;
  for (const WatchedCluster& cluster : before->clusters) {
    if (cluster.settings_digest == settings_digest)
      return std::static_pointer_cast<ClusterWatcher>(cluster.watcher);
  }
  return nullptr;
}

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

  /// What may stand in the file of --config.file.
  virtual ConfigSchema DescribeConfig() const = 0;

  /// Reads all settings, those of flags, files and environment, as Start() does, and sends nothing
  /// to anybody. How many clusters there are to watch, or what is wrong, and where.
  virtual Result<size_t> CheckSettings() = 0;

  /// Called after the flags were read, and for each reload; never twice at once. Starts to watch
  /// and does not wait for the servers: one that is away is data, not an error. Fails on settings
  /// that can't be used. Clusters of `before` whose settings are what they were go on as they are.
  virtual Result<std::shared_ptr<Started>> Start(const StartRequest& request) = 0;

  /// Where /probe answers too, under the name that another exporter gave it; empty for none.
  virtual std::string_view ProbeAlias() const { return {}; }
};

/// Reads flags, serves until TERM or INT, and returns the process's exit code: 0 after a clean end,
/// 2 for a bad flag, 1 when it could not start.
int RunApp(Exporter& exporter, int argc, char** argv);

}  // namespace replicawatch
