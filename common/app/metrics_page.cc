#include "common/app/metrics_page.h"

#include <algorithm>
#include <set>
#include <thread>

#include "common/metrics/encoder.h"
#include "common/metrics/negotiate.h"

namespace replicawatch {
namespace {

/// The last word of "replicawatch-redis".
std::string ServiceOf(const Exporter& exporter) {
  const std::string_view program = exporter.Program();
  return std::string(program.substr(program.rfind('-') + 1));
}

std::string ClusterName(const Watcher& watcher) {
  const std::shared_ptr<const Overview> overview = watcher.Latest();
  return overview ? overview->cluster : std::string();
}

/// Scrapes several clusters side by side, each into a sink of its own, so that a slow one takes
/// nobody's time.
void ScrapeInParallel(const std::vector<Watcher*>& watchers, const ScrapeRequest& request,
                      std::vector<SampleSink>& sinks) {
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < watchers.size(); ++i) {
    threads.emplace_back([&, i] { watchers[i]->Scrape(request, sinks[i]); });
  }
  watchers[0]->Scrape(request, sinks[0]);
}

}  // namespace

MetricsPage::MetricsPage(const Exporter& exporter, const AppOptions& options,
                         const SelfMetrics& self)
    : collectors_(exporter.Collectors()),
      options_(options),
      self_(self),
      backups_(options.backup_status_dir, ServiceOf(exporter)),
      coordinator_(options.max_requests) {}

Result<CollectorSet> MetricsPage::ChooseCollectors(const HttpRequest& request) const {
  const std::vector<std::string> wanted = request.QueryValues("collect[]");
  const std::vector<std::string> unwanted = request.QueryValues("exclude[]");
  if (!wanted.empty() && !unwanted.empty()) {
    return Fail(ErrorCode::kParse, "collect[] and exclude[] can't be used together");
  }
  CollectorSet chosen = wanted.empty() ? options_.collectors : CollectorSet();
  for (const std::string& name : wanted.empty() ? unwanted : wanted) {
    const auto found = std::find_if(collectors_.begin(), collectors_.end(),
                                    [&](const CollectorInfo& info) { return info.name == name; });
    const auto index = static_cast<size_t>(found - collectors_.begin());
    if (found == collectors_.end() || !options_.collectors.Has(index)) {
      return Fail(ErrorCode::kParse, "collector \"" + name + "\" is unknown or switched off");
    }
    wanted.empty() ? chosen.Remove(index) : chosen.Add(index);
  }
  return chosen;
}

Result<std::vector<Watcher*>> MetricsPage::ChooseWatchers(const HttpRequest& request,
                                                          const Started& started) const {
  const std::vector<std::string> names = request.QueryValues("cluster");
  std::vector<Watcher*> chosen;
  std::set<std::string> found;
  for (const WatchedCluster& cluster : started.clusters) {
    const std::string name = ClusterName(*cluster.watcher);
    if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      chosen.push_back(cluster.watcher.get());
      found.insert(name);
    }
  }
  for (const std::string& name : names) {
    if (!found.contains(name))
      return Fail(ErrorCode::kParse, "cluster \"" + name + "\" is unknown");
  }
  return chosen;
}

Snapshot MetricsPage::Collect(const std::vector<Watcher*>& watchers, CollectorSet collectors,
                              Deadline deadline) const {
  std::vector<SampleSink> sinks(std::max<size_t>(watchers.size(), 1));
  if (!watchers.empty()) ScrapeInParallel(watchers, {deadline, collectors}, sinks);
  self_.Emit(coordinator_.counts(), sinks[0]);
  backups_.Emit(sinks[0]);
  for (size_t i = 1; i < sinks.size(); ++i) sinks[0].Append(sinks[i]);
  return sinks[0].Finish();
}

HttpResponse MetricsPage::Handle(const HttpRequest& request, const Started& started) {
  const Deadline deadline = Deadline::After(
      ScrapeBudget(request.header("X-Prometheus-Scrape-Timeout-Seconds"), options_.budget));
  const Result<CollectorSet> collectors = ChooseCollectors(request);
  if (!collectors) return TextResponse(400, "400 " + collectors.error().message);
  const Result<std::vector<Watcher*>> watchers = ChooseWatchers(request, started);
  if (!watchers) return TextResponse(400, "400 " + watchers.error().message);

  std::string key = std::to_string(collectors->bits());
  for (const Watcher* watcher : *watchers)
    key += " " + std::to_string(reinterpret_cast<uintptr_t>(watcher));
  const Coordinator::Outcome outcome = coordinator_.Run(
      key, deadline, [&](Deadline until) { return Collect(*watchers, *collectors, until); });
  if (std::holds_alternative<Coordinator::Rejected>(outcome))
    return ComeAgain(503, "503 too many scrapes at once, see --web.max-requests");
  if (std::holds_alternative<Coordinator::Failed>(outcome))
    return TextResponse(500, "500 internal error, see the log");

  const TextFormat format = NegotiateFormat(request.header("Accept"));
  HttpResponse response;
  response.content_type = ContentType(format);
  Encode(*std::get<Coordinator::SharedSnapshot>(outcome), format, response.body);
  return response;
}

}  // namespace replicawatch
