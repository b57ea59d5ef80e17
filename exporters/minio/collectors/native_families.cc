#include "exporters/minio/collectors/native_families.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "common/base/text.h"

namespace replicawatch::minio {
namespace {

/// What the encoder will escape again, in valid UTF-8: Prometheus refuses a page for less.
std::string UnescapeHelp(std::string_view raw) {
  std::string help;
  AppendUtf8(help, raw);
  std::string text;
  for (size_t i = 0; i < help.size(); ++i) {
    const char next = i + 1 < help.size() ? help[i + 1] : '\0';
    if (help[i] == '\\' && (next == '\\' || next == 'n')) {
      text += next == 'n' ? '\n' : next;
      ++i;
    } else {
      text += help[i];
    }
  }
  return text.empty() ? "Not described by the server." : text;
}

std::string KeyOf(const PageSample& sample, Scope scope) {
  std::string key(sample.name);
  key += scope == Scope::kNode ? '@' : '*';
  for (const PageLabel& label : sample.labels) {
    key += label.name;
    key += ',';
  }
  return key;
}

}  // namespace

const MetricDesc* NativeFamilies::Find(const PageSample& sample, Scope scope) {
  std::string key = KeyOf(sample, scope);
  const auto usable = [](const Family& family) { return family.usable ? &family.desc : nullptr; };
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = families_.find(key); found != families_.end())
      return usable(*found->second);
  }
  const std::unique_lock lock(mutex_);
  const auto found = families_.find(key);
  if (found != families_.end()) return usable(*found->second);
  if (families_.size() >= kMost) return nullptr;
  return usable(*families_.emplace(std::move(key), Make(sample, scope)).first->second);
}

std::unique_ptr<NativeFamilies::Family> NativeFamilies::Make(const PageSample& sample,
                                                             Scope scope) {
  auto family = std::make_unique<Family>();
  family->name = sample.name;
  family->help = UnescapeHelp(sample.help);
  MetricDesc& desc = family->desc;
  desc.name = family->name;
  desc.help = family->help;
  desc.type = sample.type;
  desc.scope = scope;
  desc.source = "/minio/v2/metrics";
  const auto scope_labels = ScopeLabels(scope);
  family->usable = sample.labels.size() <= kMaxLabels;
  for (size_t i = 0; i < sample.labels.size() && family->usable; ++i) {
    std::string& name = family->labels[i];
    name = sample.labels[i].name;
    if (std::find(scope_labels.begin(), scope_labels.end(), name) != scope_labels.end())
      name.insert(0, "exported_");
    family->usable = !name.starts_with("__") &&
                     std::find(family->labels, family->labels + i, name) == family->labels + i;
    desc.labels[i] = name;
  }
  return family;
}

}  // namespace replicawatch::minio
