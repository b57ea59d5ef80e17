#include "exporters/minio/prober.h"

#include <utility>

#include "common/base/text.h"
#include "exporters/minio/collectors/table.h"

namespace replicawatch::minio {

MinioProber::MinioProber(std::vector<Access::Cluster> clusters,
                         std::map<std::string, Module> modules)
    : access_(std::move(clusters), std::move(modules)) {}

void MinioProber::Stop() {
  std::map<const ProbeSettings*, std::shared_ptr<ProbeLine>> lines;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    lines = std::exchange(lines_, {});
  }
  for (const auto& [settings, line] : lines) line->Stop();
}

/// A scheme in the target has to be the one that the settings have: whoever asks must not choose
/// to have credentials sent without TLS.
MinioProber::Question MinioProber::Find(const ProbeRequest& request) const {
  Result<NodeAddress> node = ParseSeed(request.target);
  if (!node) return {};
  const std::string_view name = node->name;
  const size_t colon = name.rfind(':');
  const std::optional<int64_t> port = ParseInt(name.substr(colon + 1));
  std::string_view host = name.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const ProbeSettings* settings =
      access_.Find(node->name, host, static_cast<int>(port.value_or(0)), request.module).settings;
  const bool has_scheme = request.target.find("://") != std::string::npos;
  if (settings == nullptr || (has_scheme && node->tls != settings->tls)) return {};
  return {{std::move(node->name), settings->tls}, settings};
}

Prober::Admission MinioProber::Admit(const ProbeRequest& request) const {
  if (!access_.KnowsModule(request.module)) return Admission::kUnknownModule;
  return Find(request).settings != nullptr ? Admission::kAllowed : Admission::kForbidden;
}

Result<void> MinioProber::Probe(const ProbeRequest& request, SampleSink& sink) {
  const Question question = Find(request);
  // It may have left its cluster since it was admitted.
  if (question.settings == nullptr)
    return Fail(ErrorCode::kConnect, "the target is no member any more");
  const std::shared_ptr<ProbeLine> line = LineFor(*question.settings);
  if (!line) return Fail(ErrorCode::kInternal, "the exporter is ending");
  const Result<ProbeLine::Answer> answer = line->Ask(question.node, request.deadline);
  if (!answer) return tl::unexpected(answer.error());
  EmitNodeAlone(answer->facts, answer->native ? &*answer->native : nullptr, sink);
  if (answer->facts.probe_error) return tl::unexpected(*answer->facts.probe_error);
  return {};
}

std::shared_ptr<ProbeLine> MinioProber::LineFor(const ProbeSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  std::shared_ptr<ProbeLine>& line = lines_[&settings];
  if (!line) line = std::make_shared<ProbeLine>(settings.nodes, settings.relay_native);
  return line;
}

}  // namespace replicawatch::minio
