#include "common/metrics/page_reader.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/base/text.h"

namespace replicawatch {
namespace {

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

/// Cuts the name at the front off; empty when there is none.
std::string_view TakeName(std::string_view& rest, bool colons) {
  const auto fits = [&](char c, bool first) {
    if (c == ':' && !colons) return false;
    return IsNameStart(c) || (!first && c >= '0' && c <= '9');
  };
  size_t size = 0;
  while (size < rest.size() && fits(rest[size], size == 0)) ++size;
  const std::string_view name = rest.substr(0, size);
  rest.remove_prefix(size);
  return name;
}

void SkipBlanks(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
}

bool TakeChar(std::string_view& rest, char wanted) {
  if (!rest.starts_with(wanted)) return false;
  rest.remove_prefix(1);
  return true;
}

/// Like a Go server writes it: +Inf has a sign.
std::optional<double> ReadValue(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return ParseDouble(text);
}

MetricType TypeOf(std::string_view word) {
  if (word == "counter") return MetricType::kCounter;
  if (word == "gauge") return MetricType::kGauge;
  return MetricType::kUnknown;
}

class PageReader {
 public:
  PageReader(const std::function<void(const PageSample&)>& take, const PageLimits& limits)
      : take_(take), limits_(limits) {}

  Result<void> Read(std::string_view text) {
    if (!text.empty() && !text.ends_with('\n'))
      return Fail(ErrorCode::kParse, "metrics: the page ends within a line");
    for (size_t number = 1; !text.empty(); ++number) {
      const std::string_view line = CutAt(text, '\n');
      if (line.starts_with('#')) {
        ReadComment(line);
        continue;
      }
      if (TrimSpace(line).empty()) continue;
      if (const Result<void> read = ReadSample(line); !read)
        return Fail(read.error().code,
                    "metrics: line " + std::to_string(number) + ": " + read.error().message);
    }
    return {};
  }

 private:
  void ReadComment(std::string_view line) {
    line.remove_prefix(1);
    SkipBlanks(line);
    const std::string_view keyword = CutAt(line, ' ');
    if (keyword != "HELP" && keyword != "TYPE") return;
    SkipBlanks(line);
    const std::string_view name = TakeName(line, true);
    SkipBlanks(line);
    if (name != family_) {
      family_ = name;
      help_ = {};
      type_ = MetricType::kUnknown;
    }
    if (keyword == "HELP") {
      help_ = line;
    } else {
      type_ = TypeOf(TrimSpace(line));
    }
  }

  Result<void> ReadSample(std::string_view rest) {
    if (++samples_ > limits_.samples) return Fail(ErrorCode::kLimit, "too many samples");
    PageSample sample;
    sample.name = TakeName(rest, true);
    if (sample.name.empty()) return Fail(ErrorCode::kParse, "no name");
    labels_.clear();
    unescaped_.clear();
    SkipBlanks(rest);
    if (TakeChar(rest, '{')) {
      if (const Result<void> read = ReadLabels(rest); !read) return read;
    }
    SkipBlanks(rest);
    const size_t size = std::min(rest.find_first_of(" \t"), rest.size());
    const auto value = ReadValue(rest.substr(0, size));
    const std::string_view stamp = TrimSpace(rest.substr(size));
    if (!value || (!stamp.empty() && !ParseInt(stamp))) return Fail(ErrorCode::kParse, "no value");
    if (sample.name == family_) {
      sample.type = type_;
      sample.help = help_;
    }
    sample.labels = labels_;
    sample.value = *value;
    take_(sample);
    return {};
  }

  /// Up to the closing brace and over it.
  Result<void> ReadLabels(std::string_view& rest) {
    while (true) {
      SkipBlanks(rest);
      if (TakeChar(rest, '}')) return {};
      if (labels_.size() >= limits_.labels) return Fail(ErrorCode::kLimit, "too many labels");
      PageLabel label;
      label.name = TakeName(rest, false);
      SkipBlanks(rest);
      const bool equals = TakeChar(rest, '=');
      SkipBlanks(rest);
      if (label.name.empty() || !equals || !TakeChar(rest, '"') || !ReadText(rest, label.value))
        return Fail(ErrorCode::kParse, "no label");
      const auto is_same = [&](const PageLabel& other) { return other.name == label.name; };
      if (std::any_of(labels_.begin(), labels_.end(), is_same))
        return Fail(ErrorCode::kParse, "a label twice");
      labels_.push_back(label);
      SkipBlanks(rest);
      if (!TakeChar(rest, ',') && !rest.starts_with('}'))
        return Fail(ErrorCode::kParse, "no end of the labels");
    }
  }

  /// Up to the closing quote and over it. False when there is none.
  bool ReadText(std::string_view& rest, std::string_view& value) {
    const size_t end = rest.find_first_of("\"\\");
    if (end == std::string_view::npos) return false;
    if (rest[end] == '"') {
      value = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      return true;
    }
    std::string& text = unescaped_.emplace_back();
    for (size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] == '"') {
        rest.remove_prefix(i + 1);
        value = text;
        return true;
      }
      if (rest[i] == '\\' && i + 1 < rest.size()) {
        const char c = rest[++i];
        if (c != '\\' && c != '"' && c != 'n') text += '\\';
        text += c == 'n' ? '\n' : c;
      } else {
        text += rest[i];
      }
    }
    return false;
  }

  const std::function<void(const PageSample&)>& take_;
  const PageLimits& limits_;
  size_t samples_ = 0;
  std::string_view family_;
  std::string_view help_;
  MetricType type_ = MetricType::kUnknown;
  std::vector<PageLabel> labels_;
  std::deque<std::string> unescaped_;
};

}  // namespace

Result<void> ReadMetricsPage(std::string_view text,
                             const std::function<void(const PageSample&)>& take,
                             const PageLimits& limits) {
  return PageReader(take, limits).Read(text);
}

}  // namespace replicawatch
