#pragma once

#include <string>
#include <vector>

#include "common/app/exporter.h"
#include "common/base/log.h"
#include "common/scrape/budget.h"

namespace replicawatch {

/// The settings that all exporters share.
struct AppOptions {
  std::vector<std::string> listen_addresses;
  bool systemd_socket = false;
  std::string web_config_file;  ///< empty: none
  std::string telemetry_path = "/metrics";
  size_t max_requests = 40;
  bool enable_lifecycle = false;  ///< POST /-/reload
  std::string backup_status_dir;  ///< empty: none
  BudgetOptions budget;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  CollectorSet collectors;  ///< those that are on when a request does not choose
  bool check_config = false;
  bool print_schema = false;
  bool print_web_schema = false;
  bool list_metrics = false;
  bool print_version = false;
};

/// Registers the shared flags and the exporter's own, and reads the command line.
Flags::Parsed ReadOptions(Exporter& exporter, int argc, char** argv, AppOptions& options);

}  // namespace replicawatch
