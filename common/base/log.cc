#include "common/base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "common/base/log_folding.h"
#include "common/base/text.h"

namespace replicawatch {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warn", "error"};

std::atomic<LogLevel> g_level = LogLevel::kInfo;
std::atomic<LogFormat> g_format = LogFormat::kLogfmt;

bool IsPlainWord(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("._-:/[]@%+").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return true;
}

void AppendField(std::string& out, LogFormat format, std::string_view key, std::string_view value) {
  if (format == LogFormat::kJson) {
    out += out.empty() ? '{' : ',';
    AppendQuoted(out, key);
    out += ':';
    AppendQuoted(out, value);
    return;
  }
  if (!out.empty()) out += ' ';
  out += key;
  out += '=';
  if (IsPlainWord(value)) {
    out += value;
  } else {
    AppendQuoted(out, value);
  }
}

}  // namespace

LogField::LogField(std::string_view k, double v) : key(k) { AppendNumber(value, v); }

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void ConfigureLog(LogLevel level, LogFormat format) {
  g_level = level;
  g_format = format;
}

std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view message, std::span<const LogField> fields) {
  std::string line;
  AppendField(line, format, "time", time);
  AppendField(line, format, "level", kLevelNames[static_cast<size_t>(level)]);
  AppendField(line, format, "msg", message);
  for (const LogField& field : fields) AppendField(line, format, field.key, field.value);
  line += format == LogFormat::kJson ? "}\n" : "\n";
  return line;
}

namespace {

void Write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto millis = now.time_since_epoch().count() % 1000;
  const std::string time =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(now)), millis);
  const std::string line = FormatLogLine(g_format, level, time, message, fields);
  // A log that can't be written must not stop the exporter.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

std::optional<uint64_t> AdmitFolded(std::string_view message, std::span<const LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) {
    const bool free_text = field.key == "reason" || field.key == "error" || field.key == "text";
    line += '\0';
    line += free_text ? WithoutNumbers(field.value) : field.value;
  }
  static std::mutex mutex;
  static LogFolding folding;
  const std::lock_guard lock(mutex);
  return folding.Admit(line, Clock::now());
}

}  // namespace

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  Write(level, message, std::span(fields.begin(), fields.size()));
}

void LogFolded(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  const std::optional<uint64_t> left_out =
      AdmitFolded(message, std::span(fields.begin(), fields.size()));
  if (!left_out) return;
  std::vector<LogField> all(fields);
  if (*left_out > 0) all.emplace_back("repeated", static_cast<double>(*left_out));
  Write(level, message, all);
}

}  // namespace replicawatch
