#include "common/metrics/encoder.h"

#include <algorithm>
#include <cstring>

#include "common/base/text.h"

namespace replicawatch {
namespace {

constexpr std::string_view kTotal = "_total";

/// Appends to a string. Asks for room once for several pieces: on a page of thousands of lines the
/// string's own question at each piece costs as much as the copying.
class PageWriter {
 public:
  explicit PageWriter(std::string& out) : out_(out), used_(out.size()) {}
  ~PageWriter() { out_.resize(used_); }
  PageWriter(const PageWriter&) = delete;
  PageWriter& operator=(const PageWriter&) = delete;

  /// What is put until the next call is at most `size` long.
  void Reserve(size_t size) {
    if (used_ + size > out_.size()) out_.resize(std::max(used_ + size, out_.size() * 2));
  }
  void Put(std::string_view text) {
    std::memcpy(out_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }
  void Put(char c) { out_[used_++] = c; }
  void Put(double value) { used_ += WriteNumber(out_.data() + used_, value); }

 private:
  std::string& out_;
  size_t used_;
};

/// HELP escapes \ and newline in both formats; OpenMetrics wants the quote escaped as well.
void AppendHelp(PageWriter& out, std::string_view help, TextFormat format) {
  const auto is_special = [](char c) { return c == '\\' || c == '"' || c == '\n'; };
  if (std::none_of(help.begin(), help.end(), is_special)) {
    out.Put(help);
    return;
  }
  for (const char c : help) {
    if (c == '\\') {
      out.Put("\\\\");
    } else if (c == '\n') {
      out.Put("\\n");
    } else if (c == '"' && format == TextFormat::kOpenMetrics100) {
      out.Put("\\\"");
    } else {
      out.Put(c);
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

void AppendHead(PageWriter& out, const MetricDesc& desc, TextFormat format) {
  const FamilyHead head = HeadOf(desc, format);
  const auto begin_comment = [&](std::string_view keyword) {
    out.Put("# ");
    out.Put(keyword);
    out.Put(' ');
    out.Put(head.name);
    out.Put(' ');
  };
  // Three comments; an escaped help is at most twice as long.
  out.Reserve(3 * (head.name.size() + 16) + 2 * desc.help.size() + desc.unit.size());
  begin_comment("HELP");
  AppendHelp(out, desc.help, format);
  out.Put('\n');
  begin_comment("TYPE");
  out.Put(head.type);
  out.Put('\n');
  // OpenMetrics refuses a unit that the name does not end in.
  if (format == TextFormat::kOpenMetrics100 && !desc.unit.empty() &&
      head.name.ends_with(desc.unit)) {
    begin_comment("UNIT");
    out.Put(desc.unit);
    out.Put('\n');
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

/// What the page takes at most, or nearly: a guess that is too small costs a copy.
size_t PageSize(const Snapshot& snapshot) {
  constexpr size_t kOfHead = 40;
  size_t size = 0;
  const MetricDesc* family = nullptr;
  for (const Line& line : snapshot.lines) {
    const MetricDesc& desc = *line.desc;
    if (&desc != family) size += 3 * desc.name.size() + desc.help.size() + kOfHead;
    family = &desc;
    size += desc.name.size() + line.labels_size + kNumberSize;
  }
  return size;
}

}  // namespace

std::string_view ContentType(TextFormat format) {
  return format == TextFormat::kOpenMetrics100
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void Encode(const Snapshot& snapshot, TextFormat format, std::string& text) {
  PageWriter out(text);
  out.Reserve(PageSize(snapshot));
  const MetricDesc* family = nullptr;
  for (const Line& line : snapshot.lines) {
    const MetricDesc& desc = *line.desc;
    if (&desc != family && (family == nullptr || desc.name != family->name))
      AppendHead(out, desc, format);
    family = &desc;
    const std::string_view suffix = SuffixText(line.suffix);
    out.Reserve(desc.name.size() + suffix.size() + line.labels_size + kNumberSize + 4);
    out.Put(desc.name);
    out.Put(suffix);
    if (line.labels_size > 0) {
      out.Put('{');
      out.Put(snapshot.Labels(line));
      out.Put('}');
    }
    out.Put(' ');
    out.Put(line.value);
    out.Put('\n');
  }
  if (format == TextFormat::kOpenMetrics100) {
    constexpr std::string_view kEnd = "# EOF\n";
    out.Reserve(kEnd.size());
    out.Put(kEnd);
  }
}

}  // namespace replicawatch
