#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/metrics/sink.h"

namespace replicawatch {

/// What the backup and restore scripts say of their last runs: files *.prom in a folder, in
/// Prometheus' text format, each written anew and moved into place by the script that it is of.
/// Published as they are, so that alerts about backups need no exporter more.
class BackupStatus {
 public:
  /// `folder` empty: there is nothing to publish. Of what is in it only the families below with
  /// this `service` are taken.
  BackupStatus(std::string folder, std::string service)
      : folder_(std::move(folder)), service_(std::move(service)) {}

  static MetricTable Metrics();

  /// Reads the folder, 100 files of 256 KiB at most, and publishes. A file that can't be read or
  /// is no page of metrics is told of by replicawatch_backup_status_readable, and nothing of it is
  /// published. Thread-safe; reads local files only.
  void Emit(SampleSink& sink) const;

 private:
  const std::string folder_;
  const std::string service_;
};

}  // namespace replicawatch
