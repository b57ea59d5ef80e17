#include "common/metrics/encoder.h"

#include "common/base/text.h"

namespace replicawatch {
namespace {

constexpr std::string_view kTotal = "_total";

/// HELP escapes \ and newline in both formats; OpenMetrics wants the quote escaped as well.
void AppendHelp(std::string& out, std::string_view help, TextFormat format) {
  if (help.find_first_of("\\\"\n") == std::string_view::npos) {
    out += help;
    return;
  }
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && format == TextFormat::kOpenMetrics100) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

/// OpenMetrics takes a counter only if its samples end in _total, and names the family without it.
/// A counter that keeps another exporter's name without the ending is sent as unknown there.
struct FamilyHead {
  std::string_view name;
  std::string_view type;
};

FamilyHead HeadOf(const MetricDesc& desc, TextFormat format) {
  if (format == TextFormat::kPrometheus004) return {desc.name, MetricTypeName(desc.type)};
  if (desc.type == MetricType::kUnknown) return {desc.name, "unknown"};
  if (desc.type != MetricType::kCounter) return {desc.name, MetricTypeName(desc.type)};
  if (desc.name.ends_with(kTotal))
    return {desc.name.substr(0, desc.name.size() - kTotal.size()), "counter"};
  return {desc.name, "unknown"};
}

void AppendHead(std::string& out, const MetricDesc& desc, TextFormat format) {
  const FamilyHead head = HeadOf(desc, format);
  const auto append = [&](std::string_view keyword, std::string_view text) {
    out += "# ";
    out += keyword;
    out += ' ';
    out += head.name;
    out += ' ';
    out += text;
    out += '\n';
  };
  out += "# HELP ";
  out += head.name;
  out += ' ';
  AppendHelp(out, desc.help, format);
  out += '\n';
  append("TYPE", head.type);
  // OpenMetrics refuses a unit that the name does not end in.
  if (format == TextFormat::kOpenMetrics100 && !desc.unit.empty() &&
      head.name.ends_with(desc.unit)) {
    append("UNIT", desc.unit);
  }
}

std::string_view SuffixText(Suffix suffix) {
  switch (suffix) {
    case Suffix::kNone:
      return "";
    case Suffix::kBucket:
      return "_bucket";
    case Suffix::kSum:
      return "_sum";
    case Suffix::kCount:
      return "_count";
  }
  return "";
}

}  // namespace

std::string_view ContentType(TextFormat format) {
  return format == TextFormat::kOpenMetrics100
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void Encode(const Snapshot& snapshot, TextFormat format, std::string& out) {
  out.reserve(out.size() + snapshot.text.size() + snapshot.lines.size() * 64);
  std::string_view family;
  for (const Line& line : snapshot.lines) {
    if (line.desc->name != family) {
      family = line.desc->name;
      AppendHead(out, *line.desc, format);
    }
    out += line.desc->name;
    out += SuffixText(line.suffix);
    if (line.labels_size > 0) {
      out += '{';
      out += snapshot.Labels(line);
      out += '}';
    }
    out += ' ';
    AppendNumber(out, line.value);
    out += '\n';
  }
  if (format == TextFormat::kOpenMetrics100) out += "# EOF\n";
}

}  // namespace replicawatch
