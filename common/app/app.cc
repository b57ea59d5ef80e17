#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "common/app/metrics_page.h"
#include "common/app/notify.h"
#include "common/app/options.h"
#include "common/app/probe_page.h"
#include "common/app/self_metrics.h"
#include "common/base/log.h"
#include "common/base/version.h"
#include "common/deployment/overview_metrics.h"
#include "common/web/discovery.h"
#include "common/web/landing.h"
#include "common/web/router.h"
#include "common/web/server.h"

namespace replicawatch {
namespace {

/// Beside the scrapes that are admitted there are always threads for health, the landing page and
/// the 503s.
constexpr size_t kSpareThreads = 24;

/// So long after the start a cluster of which only the seeds are known is most likely down.
constexpr auto kFindingTime = std::chrono::seconds(15);

/// One line a family, tab-separated: name, type, unit, labels, source, help.
void PrintMetrics(const Exporter& exporter) {
  std::vector<MetricTable> tables = {OverviewMetrics(), SelfMetrics::Metrics(),
                                     BackupStatus::Metrics()};
  for (const MetricTable table : exporter.Metrics()) tables.push_back(table);
  tables.push_back(exporter.MetricPatterns());
  for (const MetricTable table : tables) {
    for (const MetricDesc& desc : table) {
      std::string labels;
      const auto add = [&](std::string_view label) {
        labels += (labels.empty() ? "" : ",") + std::string(label);
      };
      for (const std::string_view label : ScopeLabels(desc.scope)) add(label);
      for (size_t i = 0; i < desc.label_count(); ++i) add(desc.labels[i]);
      std::string line;
      for (const std::string_view cell : {desc.name, MetricTypeName(desc.type), desc.unit,
                                          std::string_view(labels), desc.source, desc.help}) {
        line += (line.empty() ? "" : "\t") + std::string(cell);
      }
      std::puts(line.c_str());
    }
  }
}

/// Blocks the signals before any thread starts, so that only WaitForEnd() sees them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void WaitForEnd(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
}

/// Credentials are in memory: no core file may hold them.
void ForbidCoreFiles() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

/// A server with a thread a request must not have malloc keep an arena for each of them: resident
/// memory would grow with the number of threads. And a page of 100 kB, made and freed every scrape,
/// is just what malloc gives back to the kernel each time (by default from 128 kB on): to have it
/// back page fault by page fault took a quarter of a scrape's CPU.
void TuneMalloc() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_TOP_PAD, 1 << 18);
  mallopt(M_MMAP_THRESHOLD, 1 << 21);
}

class App {
 public:
  App(const Exporter& exporter, const AppOptions& options, Started started)
      : exporter_(exporter),
        options_(options),
        watchers_(std::move(started.watchers)),
        prober_(std::move(started.prober)),
        metrics_(exporter, options_, watchers_, self_) {
    router_.Get(options_.telemetry_path,
                [this](const HttpRequest& request) { return metrics_.Handle(request); });
    router_.Get("/-/healthy", [](const HttpRequest&) { return TextResponse(200, "healthy"); });
    router_.Get("/-/ready", [this](const HttpRequest&) {
      return draining_ ? TextResponse(503, "503 draining") : TextResponse(200, "ready");
    });
    router_.Get("/discover", [this](const HttpRequest&) { return Discover(); });
    router_.Get("/", [this](const HttpRequest&) { return Landing(); });
    if (prober_) OfferProbes();
  }

  Result<void> Serve(const sigset_t& signals) {
    const ServerOptions server_options{options_.listen_addresses,
                                       options_.max_requests + kSpareThreads};
    auto server =
        StartServer(server_options, [this](const HttpRequest& request) { return Answer(request); });
    if (!server) return tl::unexpected(server.error());
    for (const std::string& address : (*server)->Addresses()) {
      Log(LogLevel::kInfo, "listening",
          {{"address", address}, {"version", Version()}, {"revision", Revision()}});
    }
    NotifyServiceManager("READY=1");
    WaitForEnd(signals);
    NotifyServiceManager("STOPPING=1");
    Log(LogLevel::kInfo, "draining");
    draining_ = true;
    if (prober_) prober_->Stop();
    for (const auto& watcher : watchers_) watcher->Stop();
    (*server)->Stop();
    return {};
  }

 private:
  void OfferProbes() {
    probes_ = std::make_unique<ProbePage>(*prober_, options_);
    const auto handle = [this](const HttpRequest& request) { return probes_->Handle(request); };
    router_.Get("/probe", handle);
    if (!exporter_.ProbeAlias().empty()) router_.Get(std::string(exporter_.ProbeAlias()), handle);
  }

  HttpResponse Answer(const HttpRequest& request) {
    const TimePoint start = Clock::now();
    HttpResponse response = router_.Handle(request);
    // Unknown paths share one label value: the label must not grow with what clients ask for.
    const std::string& path = response.status == 404 ? kOtherPath : request.path;
    self_.CountRequest(path, response.status, Seconds(Clock::now() - start));
    return response;
  }

  std::vector<std::shared_ptr<const Overview>> Clusters() const {
    std::vector<std::shared_ptr<const Overview>> clusters;
    for (const auto& watcher : watchers_) clusters.push_back(watcher->Latest());
    return clusters;
  }

  /// Prometheus keeps what it had as long as the answer is no list: better than the short list of a
  /// process that has just started and knows no more than its seeds.
  HttpResponse Discover() const {
    const auto clusters = Clusters();
    const auto known = [](const auto& overview) { return overview && !overview->groups.empty(); };
    if (Clock::now() - start_ < kFindingTime &&
        !std::all_of(clusters.begin(), clusters.end(), known))
      return TextResponse(503, "503 not all clusters have been found yet");
    HttpResponse response;
    response.content_type = "application/json";
    response.body = RenderDiscovery(clusters);
    return response;
  }

  HttpResponse Landing() const {
    const LandingPage page{exporter_.Program(), Version(), options_.telemetry_path, Clusters()};
    HttpResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; style-src 'unsafe-inline'");
    response.body = RenderLandingPage(page);
    return response;
  }

  inline static const std::string kOtherPath = "other";

  const Exporter& exporter_;
  const AppOptions& options_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<ProbePage> probes_;
  SelfMetrics self_;
  MetricsPage metrics_;
  Router router_;
  const TimePoint start_ = Clock::now();
  std::atomic<bool> draining_ = false;
};

int Run(Exporter& exporter, const AppOptions& options) {
  ForbidCoreFiles();
  TuneMalloc();
  ConfigureLog(*ParseLogLevel(options.log_level),
               options.log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
  const sigset_t signals = BlockSignals();
  auto started = exporter.Start(options.collectors);
  if (!started) {
    std::fprintf(stderr, "%s: %s\n", std::string(exporter.Program()).c_str(),
                 started.error().message.c_str());
    return 2;
  }
  App app(exporter, options, std::move(*started));
  if (const Result<void> served = app.Serve(signals); !served) {
    std::fprintf(stderr, "%s: %s\n", std::string(exporter.Program()).c_str(),
                 served.error().message.c_str());
    return 1;
  }
  return 0;
}

int CheckConfig(Exporter& exporter) {
  const std::string program(exporter.Program());
  const Result<size_t> clusters = exporter.CheckSettings();
  if (!clusters) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), clusters.error().message.c_str());
    return 1;
  }
  std::printf("%s: the settings are good, clusters to watch: %zu\n", program.c_str(), *clusters);
  return 0;
}

}  // namespace

int RunApp(Exporter& exporter, int argc, char** argv) {
  AppOptions options;
  switch (ReadOptions(exporter, argc, argv, options)) {
    case Flags::Parsed::kExitOk:
      return 0;
    case Flags::Parsed::kExitUsage:
      return 2;
    case Flags::Parsed::kRun:
      break;
  }
  if (options.print_version) {
    std::printf("%s %s (%s)\n", std::string(exporter.Program()).c_str(),
                std::string(Version()).c_str(), std::string(Revision()).c_str());
    return 0;
  }
  if (options.list_metrics) {
    PrintMetrics(exporter);
    return 0;
  }
  return options.check_config ? CheckConfig(exporter) : Run(exporter, options);
}

}  // namespace replicawatch
