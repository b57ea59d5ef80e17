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

}  // namespace

MetricsPage::MetricsPage(const Exporter& exporter, const AppOptions& options,
                         const SelfMetrics& self)
    : collectors_(exporter.Collectors()),
      options_(options),
      self_(self),
      backups_(options.backup_status_dir, ServiceOf(exporter)),
      coordinator_(options.max_requests) {}

/// A name may be asked for if the collector is on for any of the clusters.
Result<void> MetricsPage::ChooseCollectors(const HttpRequest& request,
                                           std::vector<Chosen>& clusters) const {
  const std::vector<std::string> wanted = request.QueryValues("collect[]");
  const std::vector<std::string> unwanted = request.QueryValues("exclude[]");
  if (!wanted.empty() && !unwanted.empty()) {
    return Fail(ErrorCode::kParse, "collect[] and exclude[] can't be used together");
  }
  CollectorSet on = clusters.empty() ? options_.collectors : CollectorSet();
  for (const Chosen& cluster : clusters) on = on.With(cluster.collectors);
  CollectorSet named;
  for (const std::string& name : wanted.empty() ? unwanted : wanted) {
    const auto found = std::find_if(collectors_.begin(), collectors_.end(),
                                    [&](const CollectorInfo& info) { return info.name == name; });
    const auto index = static_cast<size_t>(found - collectors_.begin());
    if (found == collectors_.end() || !on.Has(index)) {
      return Fail(ErrorCode::kParse, "collector \"" + name + "\" is unknown or switched off");
    }
    named.Add(index);
  }
  for (Chosen& cluster : clusters) {
    cluster.collectors =
        wanted.empty() ? cluster.collectors.Without(named) : cluster.collectors.Among(named);
  }
  return {};
}

Result<std::vector<MetricsPage::Chosen>> MetricsPage::ChooseClusters(const HttpRequest& request,
                                                                     const Started& started) const {
  const std::vector<std::string> names = request.QueryValues("cluster");
  std::vector<Chosen> chosen;
  std::set<std::string> found;
  for (const WatchedCluster& cluster : started.clusters) {
    const std::string name = ClusterName(*cluster.watcher);
    if (names.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      chosen.push_back({cluster.watcher.get(), cluster.collectors});
      found.insert(name);
    }
  }
  for (const std::string& name : names) {
    if (!found.contains(name))
      return Fail(ErrorCode::kParse, "cluster \"" + name + "\" is unknown");
  }
  return chosen;
}

/// Several clusters side by side, each into a sink of its own, so that a slow one takes nobody's
/// time.
void MetricsPage::ScrapeInParallel(const std::vector<Chosen>& clusters, Deadline deadline,
                                   std::vector<SampleSink>& sinks) {
  const auto scrape = [&](size_t i) {
    clusters[i].watcher->Scrape({deadline, clusters[i].collectors}, sinks[i]);
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < clusters.size(); ++i) threads.emplace_back(scrape, i);
  scrape(0);
}

Snapshot MetricsPage::Collect(const std::vector<Chosen>& clusters, Deadline deadline) const {
  std::vector<SampleSink> sinks(std::max<size_t>(clusters.size(), 1));
  if (!clusters.empty()) ScrapeInParallel(clusters, deadline, sinks);
  self_.Emit(coordinator_.counts(), sinks[0]);
  backups_.Emit(sinks[0]);
  for (size_t i = 1; i < sinks.size(); ++i) sinks[0].Append(sinks[i]);
  return sinks[0].Finish();
}

HttpResponse MetricsPage::Handle(const HttpRequest& request, const Started& started) {
  const Deadline deadline = Deadline::After(
      ScrapeBudget(request.header("X-Prometheus-Scrape-Timeout-Seconds"), options_.budget));
  Result<std::vector<Chosen>> clusters = ChooseClusters(request, started);
  if (!clusters) return TextResponse(400, "400 " + clusters.error().message);
  if (const Result<void> chosen = ChooseCollectors(request, *clusters); !chosen)
    return TextResponse(400, "400 " + chosen.error().message);

  std::string key;
  for (const Chosen& cluster : *clusters) {
    key += std::to_string(reinterpret_cast<uintptr_t>(cluster.watcher)) + " " +
           std::to_string(cluster.collectors.bits()) + " ";
  }
  const Coordinator::Outcome outcome =
      coordinator_.Run(key, deadline, [&](Deadline until) { return Collect(*clusters, until); });
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
