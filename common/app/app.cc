#include <malloc.h>
#include <sys/prctl.h>
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
#include "common/app/reloader.h"
#include "common/app/self_metrics.h"
#include "common/base/log.h"
#include "common/base/version.h"
#include "common/deployment/overview_metrics.h"
#include "common/web/discovery.h"
#include "common/web/gate.h"
#include "common/web/landing.h"
#include "common/web/router.h"
#include "common/web/server.h"
#include "common/web/web_config.h"

namespace replicawatch {
namespace {

/// Beside the scrapes that are admitted there are always threads for health, the landing page and
/// the 503s.
constexpr size_t kSpareThreads = 24;

/// Of those, some that only health gets.
constexpr size_t kHealthThreads = 8;

/// So long after it was added a cluster of which only the seeds are known is most likely down.
constexpr auto kFindingTime = std::chrono::seconds(15);

/// At the end, for answers to who had come before it. The process has to be gone 5 s after TERM.
constexpr auto kDrainTime = std::chrono::seconds(1);

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

/// Blocks the signals before any thread starts, so that only App::WaitForEnd() sees them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// Credentials are in memory: no core file may hold them. The kernel heeds the limit only for
/// files; where cores are piped to a program it goes by whether the process may be dumped, which
/// also keeps its memory and its environment from other processes of the same user.
void ForbidCoreFiles() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
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

class InProgress {
 public:
  explicit InProgress(std::atomic<size_t>& counter) : counter_(counter), count_(++counter) {}
  ~InProgress() { --counter_; }
  InProgress(const InProgress&) = delete;
  InProgress& operator=(const InProgress&) = delete;

  size_t count() const { return count_; }

 private:
  std::atomic<size_t>& counter_;
  const size_t count_;
};

class App {
 public:
  App(Exporter& exporter, const AppOptions& options)
      : exporter_(exporter),
        options_(options),
        reloader_(exporter, options.collectors, self_),
        metrics_(exporter, options_, self_),
        probes_(options_) {
    router_.Get(options_.telemetry_path, [this](const HttpRequest& request) {
      return UnlessEnded(metrics_.Handle(request, *reloader_.Current()));
    });
    router_.Get("/-/healthy", [](const HttpRequest&) { return TextResponse(200, "healthy"); });
    router_.Get("/-/ready", [this](const HttpRequest&) {
      return draining_ ? TextResponse(503, "503 draining") : TextResponse(200, "ready");
    });
    router_.Get("/discover", [this](const HttpRequest&) { return Discover(); });
    router_.Get("/", [this](const HttpRequest&) { return Landing(); });
    router_.Post("/-/reload", [this](const HttpRequest&) { return Reload(); });
    const auto probe = [this](const HttpRequest& request) {
      return UnlessEnded(probes_.Handle(request, *reloader_.Current()->prober));
    };
    router_.Get("/probe", probe);
    if (!exporter_.ProbeAlias().empty()) router_.Get(std::string(exporter_.ProbeAlias()), probe);
  }

  /// To be called first: fails on settings that are not good.
  Result<void> Start() {
    if (const Result<void> started = reloader_.Start(); !started) return started;
    return OpenGate();
  }

  Result<void> Serve(const sigset_t& signals) {
    ServerOptions server_options{options_.listen_addresses, options_.systemd_socket, Threads(), {}};
    if (gate_->uses_tls()) server_options.tls_context = [this] { return gate_->TlsContext(); };
    auto server =
        StartServer(server_options, [this](const HttpRequest& request) { return Pass(request); });
    if (!server) return tl::unexpected(server.error());
    for (const std::string& address : (*server)->Addresses()) {
      Log(LogLevel::kInfo, "listening",
          {{"address", address},
           {"tls", gate_->uses_tls() ? "yes" : "no"},
           {"version", Version()},
           {"revision", Revision()}});
    }
    NotifyServiceManager("READY=1");
    WaitForEnd(signals);
    NotifyServiceManager("STOPPING=1");
    Log(LogLevel::kInfo, "draining");
    draining_ = true;
    (*server)->Drain(kDrainTime);
    // Scrapes that still wait for a member end now, without what they had waited for.
    ended_ = true;
    reloader_.Stop();
    (*server)->Drain(kDrainTime);
    (*server)->Stop();
    return {};
  }

 private:
  Result<void> OpenGate() {
    auto gate = Gate::Open(options_.web_config_file,
                           [this](bool good) { self_.CountReading("web", good); });
    if (!gate) return tl::unexpected(gate.error());
    gate_ = std::move(*gate);
    if (gate_->wants_http2()) {
      Log(LogLevel::kInfo, "http2 is ignored: there is HTTP/1.1 only",
          {{"file", options_.web_config_file}});
    }
    return {};
  }

  void WaitForEnd(const sigset_t& signals) {
    constexpr timespec kTick{1, 0};
    for (;;) {
      const int signal = sigtimedwait(&signals, nullptr, &kTick);
      if (signal == SIGTERM || signal == SIGINT) return;
      if (signal == SIGHUP) static_cast<void>(reloader_.Reload());  // it is in the log
      reloader_.Tick(Clock::now());
    }
  }

  /// A page without what it waited for would make Prometheus forget that.
  HttpResponse UnlessEnded(HttpResponse page) const {
    return ended_ ? ComeAgain(503, "503 the exporter ends") : page;
  }

  HttpResponse Reload() {
    if (!options_.enable_lifecycle)
      return TextResponse(403, "403 not allowed without --web.enable-lifecycle; HUP does the same");
    const Result<void> reloaded = reloader_.Reload();
    if (!reloaded) return TextResponse(500, "500 not reloaded: " + reloaded.error().message);
    return TextResponse(200, "reloaded");
  }

  size_t Threads() const { return options_.max_requests + kSpareThreads; }

  /// The last threads are for health: nothing else may take all of them.
  HttpResponse Pass(const HttpRequest& request) {
    const InProgress one(in_progress_);
    const bool health = request.path == "/-/healthy" || request.path == "/-/ready";
    if (one.count() > Threads() - kHealthThreads && !health)
      return ComeAgain(503, "503 too many requests at once");
    return gate_->Handle(request, [this](const HttpRequest& passed) { return Answer(passed); });
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
    // Held by name: a loop keeps only the last of what it is over alive, and a reload may end it.
    const std::shared_ptr<const Started> current = reloader_.Current();
    for (const WatchedCluster& cluster : current->clusters)
      clusters.push_back(cluster.watcher->Latest());
    return clusters;
  }

  /// Prometheus keeps what it had as long as the answer is no list: better than the short list of a
  /// process that knows no more than the seeds of a cluster.
  HttpResponse Discover() const {
    const auto clusters = Clusters();
    const auto known = [](const auto& overview) { return overview && !overview->groups.empty(); };
    if (Clock::now() - reloader_.changed() < kFindingTime &&
        !std::all_of(clusters.begin(), clusters.end(), known))
      return TextResponse(503, "503 not all clusters have been found yet");
    HttpResponse response;
    response.content_type = "application/json";
    response.body = RenderDiscovery(clusters);
    return response;
  }

  HttpResponse Landing() const {
    const LandingPage page{exporter_.Program(), Version(), options_.telemetry_path, "/probe",
                           Clusters()};
    HttpResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; style-src 'unsafe-inline'; form-action "
                                  "'self'; base-uri 'none'; frame-ancestors 'none'");
    response.body = RenderLandingPage(page);
    return response;
  }

  inline static const std::string kOtherPath = "other";

  const Exporter& exporter_;
  const AppOptions& options_;
  std::unique_ptr<Gate> gate_;
  SelfMetrics self_;
  Reloader reloader_;
  MetricsPage metrics_;
  ProbePage probes_;
  Router router_;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> ended_ = false;  ///< the watchers have been stopped, or are about to be
  std::atomic<size_t> in_progress_ = 0;
};

/// Says why the process ends, and with which code.
int Refuse(const Exporter& exporter, const Error& error, int exit_code) {
  std::fprintf(stderr, "%s: %s\n", std::string(exporter.Program()).c_str(), error.message.c_str());
  return exit_code;
}

int Run(Exporter& exporter, const AppOptions& options) {
  ForbidCoreFiles();
  TuneMalloc();
  ConfigureLog(*ParseLogLevel(options.log_level),
               options.log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
  const sigset_t signals = BlockSignals();
  App app(exporter, options);
  if (const Result<void> started = app.Start(); !started)
    return Refuse(exporter, started.error(), 2);
  if (const Result<void> served = app.Serve(signals); !served)
    return Refuse(exporter, served.error(), 1);
  return 0;
}

std::string SchemaOf(const Exporter& exporter) {
  return JsonSchema(exporter.DescribeConfig(),
                    "--config.file of " + std::string(exporter.Program()));
}

int CheckConfig(Exporter& exporter, const AppOptions& options) {
  const Result<size_t> clusters = exporter.CheckSettings();
  if (!clusters) return Refuse(exporter, clusters.error(), 1);
  if (const auto web = Gate::Open(options.web_config_file, [](bool) {}); !web)
    return Refuse(exporter, web.error(), 1);
  std::printf("%s: the settings are good, clusters to watch: %zu\n",
              std::string(exporter.Program()).c_str(), *clusters);
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
  if (options.print_schema || options.print_web_schema) {
    const std::string schema =
        options.print_schema ? SchemaOf(exporter)
                             : JsonSchema(DescribeWebConfig(), "--web.config.file of replicawatch");
    std::fputs(schema.c_str(), stdout);
    return 0;
  }
  return options.check_config ? CheckConfig(exporter, options) : Run(exporter, options);
}

}  // namespace replicawatch
