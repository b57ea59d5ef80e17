#include "common/app/probe_page.h"

#include <optional>

#include "common/metrics/encoder.h"
#include "common/metrics/negotiate.h"

namespace replicawatch {
namespace {

HttpResponse Refuse(int status, const std::string& why) {
  return TextResponse(status, std::to_string(status) + " " + why);
}

/// At most one value; nothing when there are several.
std::optional<std::string> OneValue(const HttpRequest& request, std::string_view name) {
  const std::vector<std::string> values = request.QueryValues(name);
  if (values.size() > 1) return std::nullopt;
  return values.empty() ? std::string() : values[0];
}

/// For people who look for the reason why a target has no samples: what was asked and what came of
/// it, then the samples. Errors name what was tried, never a secret.
HttpResponse DebugPage(const ProbeRequest& request, const Result<void>& result, double seconds,
                       const std::string& page) {
  std::string text = "target: " + request.target +
                     "\nmodule: " + (request.module.empty() ? "default" : request.module) +
                     "\nresult: ";
  text += result ? "ok"
                 : std::string(ErrorCodeName(result.error().code)) + ", " + result.error().message;
  text += "\nseconds: " + std::to_string(seconds) + "\n\n";
  HttpResponse response;
  response.body = text + page;
  return response;
}

}  // namespace

ProbePage::ProbePage(const AppOptions& options)
    : options_(options), coordinator_(options.max_requests) {}

HttpResponse ProbePage::Handle(const HttpRequest& request, Prober& prober) {
  const auto target = OneValue(request, "target");
  const auto module = OneValue(request, "module");
  const auto debug = OneValue(request, "debug");
  if (!target || !module || !debug) return Refuse(400, "a parameter is there more than once");
  if (target->empty()) return Refuse(400, "the parameter target=HOST:PORT is missing");
  if (target->find('@') != std::string::npos)
    return Refuse(400, "a target carries no user and no password; they belong into a module");
  ProbeRequest probe{*target, *module,
                     Deadline::After(ScrapeBudget(
                         request.header("X-Prometheus-Scrape-Timeout-Seconds"), options_.budget))};
  switch (prober.Admit(probe)) {
    case Prober::Admission::kUnknownModule:
      return Refuse(400, "this module is not in the configuration");
    case Prober::Admission::kForbidden:
      return Refuse(403, "this target is no member of a watched cluster and no module allows it");
    case Prober::Admission::kAllowed:
      break;
  }
  const TimePoint start = Clock::now();
  Result<void> result;
  const auto collect = [&](Deadline until) {
    SampleSink sink;
    probe.deadline = until;
    result = prober.Probe(probe, sink);
    return sink.Finish();
  };
  const bool wants_debug = *debug == "true";
  // A debug page tells of its own probe.
  std::string key = probe.target + " " + probe.module;
  if (wants_debug) key += " " + std::to_string(start.time_since_epoch().count());
  const Coordinator::Outcome outcome = coordinator_.Run(key, probe.deadline, collect);
  if (std::holds_alternative<Coordinator::Rejected>(outcome))
    return Refuse(503, "too many probes at once, see --web.max-requests");
  if (std::holds_alternative<Coordinator::Failed>(outcome))
    return Refuse(500, "internal error, see the log");

  const TextFormat format =
      wants_debug ? TextFormat::kPrometheus004 : NegotiateFormat(request.header("Accept"));
  HttpResponse response;
  response.content_type = ContentType(format);
  Encode(*std::get<Coordinator::SharedSnapshot>(outcome), format, response.body);
  if (wants_debug) return DebugPage(probe, result, Seconds(Clock::now() - start), response.body);
  return response;
}

}  // namespace replicawatch
