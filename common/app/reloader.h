#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/app/exporter.h"
#include "common/app/self_metrics.h"
#include "common/base/deadline.h"

namespace replicawatch {

/// Keeps what runs by the newest good configuration, and changes it for another one while requests
/// go on. Thread-safe.
class Reloader {
 public:
  /// Both outlive it.
  Reloader(Exporter& exporter, CollectorSet collectors, SelfMetrics& self)
      : exporter_(exporter), collectors_(collectors), self_(self) {}

  /// Before anything else: reads the configuration and begins to watch.
  Result<void> Start();

  /// What runs now, for one request.
  std::shared_ptr<Started> Current() const;

  /// When clusters were added last.
  TimePoint changed() const;

  /// Reads the configuration file and all files that it or the flags name. Clusters whose settings
  /// have changed are watched anew, new ones too; others are not disturbed. A bad configuration
  /// changes nothing: the error says where it is bad.
  Result<void> Reload();

  /// To be called about once a second, from one thread: reads secrets again while a member refuses
  /// them, and ends what no request uses any more.
  void Tick(TimePoint now);

  /// Ends what runs and all that waits for it; answers nothing any more.
  void Stop();

 private:
  Result<bool> Read(Reread what);
  bool AnyRefused() const;

  Exporter& exporter_;
  const CollectorSet collectors_;
  SelfMetrics& self_;

  std::mutex reading_;  // one reads at a time

  mutable std::mutex mutex_;
  std::shared_ptr<Started> current_;               // guarded by mutex_
  std::vector<std::shared_ptr<Started>> retired_;  // guarded by mutex_
  TimePoint changed_ = Clock::now();               // guarded by mutex_

  TimePoint next_secrets_;       // of Tick()'s thread
  std::string secrets_problem_;  // of Tick()'s thread: what was said in the log last
};

}  // namespace replicawatch
