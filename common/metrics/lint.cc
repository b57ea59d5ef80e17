#include "common/metrics/lint.h"

#include <algorithm>
#include <array>

namespace replicawatch {
namespace {

constexpr std::array<std::string_view, 8> kForeignUnits = {
    "_milliseconds", "_millis", "_ms", "_usec", "_minutes", "_hours", "_kbytes", "_percent"};
constexpr std::array<std::string_view, 5> kReservedLabels = {"le", "quantile", "instance", "job",
                                                             "type"};

bool IsName(std::string_view name, bool colon_allowed) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon_allowed && c == ':');
  });
}

void LintPage(const MetricDesc& desc, std::vector<std::string>& faults) {
  const auto fault = [&](std::string_view text) {
    faults.push_back(std::string(desc.name) + ": " + std::string(text));
  };
  if (!IsName(desc.name, false)) fault("not a valid metric name");
  if (desc.help.empty()) fault("has no help");
  for (size_t i = 0; i < desc.label_count(); ++i) {
    if (!IsName(desc.labels[i], false) || desc.labels[i].starts_with("__"))
      fault("has an invalid label name");
    for (const std::string_view implied : ScopeLabels(desc.scope)) {
      if (desc.labels[i] == implied) fault("repeats a label of its scope");
    }
    if (std::count(desc.labels.begin(),
                   desc.labels.begin() + static_cast<ptrdiff_t>(desc.label_count()),
                   desc.labels[i]) > 1) {
      fault("has a label twice");
    }
  }
}

void LintStyle(const MetricDesc& desc, std::vector<std::string>& faults) {
  const auto fault = [&](std::string_view text) {
    faults.push_back(std::string(desc.name) + ": " + std::string(text));
  };
  const bool total = desc.name.ends_with("_total");
  if (desc.type == MetricType::kCounter && !total) fault("is a counter and does not end in _total");
  if (desc.type != MetricType::kCounter && total) fault("ends in _total and is no counter");
  for (const std::string_view unit : kForeignUnits) {
    if (desc.name.ends_with(unit)) fault("is not in base units");
  }
  std::string_view stem = desc.name;
  if (total) stem.remove_suffix(6);
  if (!desc.unit.empty() && !stem.ends_with(desc.unit)) fault("does not end in its unit");
  if (!desc.help.empty() && !desc.help.ends_with('.')) fault("has a help that is no sentence");
  if (desc.source.empty()) fault("does not say where its value comes from");
  for (size_t i = 0; i < desc.label_count(); ++i) {
    if (std::find(kReservedLabels.begin(), kReservedLabels.end(), desc.labels[i]) !=
        kReservedLabels.end()) {
      fault("has a reserved or empty-meaning label name");
    }
  }
}

}  // namespace

std::vector<std::string> LintMetrics(MetricTable table, bool drop_in) {
  std::vector<std::string> faults;
  for (const MetricDesc& desc : table) {
    LintPage(desc, faults);
    if (!drop_in) LintStyle(desc, faults);
    const auto same_name = [&](const MetricDesc& other) { return other.name == desc.name; };
    if (std::count_if(table.begin(), table.end(), same_name) > 1) {
      faults.push_back(std::string(desc.name) + ": stands in the table twice");
    }
  }
  return faults;
}

}  // namespace replicawatch
