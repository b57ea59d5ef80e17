#include "common/app/options.h"

#include <cstdio>
#include <memory>

namespace replicawatch {
namespace {

bool CheckOptions(const AppOptions& options, std::string_view program) {
  const auto refuse = [&](const std::string& what) {
    std::fprintf(stderr, "%s: %s (see --help)\n", std::string(program).c_str(), what.c_str());
    return false;
  };
  if (!ParseLogLevel(options.log_level)) {
    return refuse("--log.level: \"" + options.log_level + "\" is none of debug, info, warn, error");
  }
  if (options.log_format != "logfmt" && options.log_format != "json") {
    return refuse("--log.format: \"" + options.log_format + "\" is none of logfmt, json");
  }
  if (!options.telemetry_path.starts_with('/') || options.telemetry_path.size() < 2) {
    return refuse("--web.telemetry-path: \"" + options.telemetry_path +
                  "\" must begin with / and name a path");
  }
  if (options.budget.timeout <= Duration::zero())
    return refuse("--scrape.timeout: must be longer than 0");
  return true;
}

}  // namespace

Flags::Parsed ReadOptions(Exporter& exporter, int argc, char** argv, AppOptions& options) {
  Flags flags{std::string(exporter.Program()), std::string(exporter.Description())};
  options.listen_addresses = {":" + std::to_string(exporter.DefaultPort())};

  exporter.AddFlags(flags);
  flags.Texts("web.listen-address", options.listen_addresses,
              "Address to serve on: :p, host:p or [::1]:p; repeatable");
  flags.Switch("web.systemd-socket", options.systemd_socket,
               "Serve on the sockets that systemd passes instead of --web.listen-address");
  flags.Text("web.config.file", options.web_config_file,
             "File with TLS, users, headers and rate limit of the web side, as Prometheus' "
             "exporter-toolkit has it");
  flags.Text("web.telemetry-path", options.telemetry_path, "Path of the metrics page");
  flags.Count("web.max-requests", options.max_requests, "Scrapes admitted at once; more get 503");
  flags.Switch("web.enable-lifecycle", options.enable_lifecycle,
               "POST to /-/reload reads the settings anew, as HUP always does");
  flags.Text("backup.status-dir", options.backup_status_dir,
             "Folder where the backup scripts leave their status, *.prom; that of this service is "
             "published");
  flags.Time("scrape.timeout", options.budget.timeout,
             "Longest time a scrape may take, whatever its header asks");
  flags.Time("scrape.timeout-offset", options.budget.offset,
             "Taken off the scraper's time-out for the way back");
  const std::vector<CollectorInfo> collectors = exporter.Collectors();
  const auto chosen = std::make_unique<bool[]>(collectors.size());
  for (size_t i = 0; i < collectors.size(); ++i) {
    chosen[i] = collectors[i].default_on;
    flags.OnOff("collector.", std::string(collectors[i].name), chosen[i],
                std::string(collectors[i].help));
  }
  flags.Text("log.level", options.log_level, "debug, info, warn or error");
  flags.Text("log.format", options.log_format, "logfmt or json");
  flags.Action("config.check", options.check_config,
               "Read all settings, say what is wrong with them, and exit: 0 if nothing is, else 1");
  flags.Action("config.schema", options.print_schema,
               "Print a JSON schema of the file of --config.file, for editors, and exit");
  flags.Action("web.config.schema", options.print_web_schema,
               "The same for the file of --web.config.file");
  flags.Action("metrics.list", options.list_metrics, "Print the catalogue of all metrics and exit");
  flags.Action("version", options.print_version, "Print the version and exit");

  const Flags::Parsed parsed = flags.Parse(argc, argv);
  for (size_t i = 0; i < collectors.size(); ++i) {
    if (chosen[i]) options.collectors.Add(i);
  }
  if (parsed == Flags::Parsed::kRun && !CheckOptions(options, exporter.Program()))
    return Flags::Parsed::kExitUsage;
  return parsed;
}

}  // namespace replicawatch
