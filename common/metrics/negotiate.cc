#include "common/metrics/negotiate.h"

#include "common/base/text.h"

namespace replicawatch {
namespace {

struct Entry {
  std::string_view name;
  std::string_view version;
  double weight = 1;
};

/// One element of a comma list: `name;param=value;q=0.5`.
Entry ParseEntry(std::string_view text) {
  Entry entry;
  entry.name = TrimSpace(CutAt(text, ';'));
  while (!text.empty()) {
    std::string_view value = CutAt(text, ';');
    const std::string_view key = TrimSpace(CutAt(value, '='));
    value = TrimSpace(value);
    if (EqualsIgnoreCase(key, "q")) entry.weight = ParseDouble(value).value_or(0);
    if (EqualsIgnoreCase(key, "version")) entry.version = value;
  }
  return entry;
}

}  // namespace

TextFormat NegotiateFormat(std::string_view accept) {
  double openmetrics = 0;
  double text = 0;
  while (!accept.empty()) {
    const Entry entry = ParseEntry(CutAt(accept, ','));
    const bool known_version =
        entry.version.empty() || entry.version == "1.0.0" || entry.version == "0.0.1";
    if (EqualsIgnoreCase(entry.name, "application/openmetrics-text") && known_version) {
      openmetrics = std::max(openmetrics, entry.weight);
    } else if (EqualsIgnoreCase(entry.name, "text/plain")) {
      text = std::max(text, entry.weight);
    }
  }
  return openmetrics > 0 && openmetrics >= text ? TextFormat::kOpenMetrics100
                                                : TextFormat::kPrometheus004;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  double gzip = -1;
  double any = -1;
  while (!accept_encoding.empty()) {
    const Entry entry = ParseEntry(CutAt(accept_encoding, ','));
    if (EqualsIgnoreCase(entry.name, "gzip")) gzip = entry.weight;
    if (entry.name == "*") any = entry.weight;
  }
  return gzip >= 0 ? gzip > 0 : any > 0;
}

}  // namespace replicawatch
