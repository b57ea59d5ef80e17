#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace replicawatch {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : uint8_t { kLogfmt, kJson };

/// "debug", "info", "warn", "error"; nothing for any other name.
std::optional<LogLevel> ParseLogLevel(std::string_view name);

/// One key and value of a log line. The value is copied and escaped; a Secret can't be passed by
/// construction.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, double v);
  std::string_view key;
  std::string value;
};

/// Sets level and format of the process's log, which goes to stderr. Call before threads are
/// started.
void ConfigureLog(LogLevel level, LogFormat format);

/// One line, written with a single write so that lines of threads never mix. Thread-safe.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// The same for what may happen at each scrape or each sample: the line is written when it begins,
/// and while it goes on once in LogFolding::kFoldFor with the field `repeated`. Lines are equal
/// that differ in nothing but in the numbers of their texts `reason`, `error` and `text`.
void LogFolded(LogLevel level, std::string_view message,
               std::initializer_list<LogField> fields = {});

/// The line itself: what the tests look at.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view message, std::span<const LogField> fields);
inline std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                                 std::string_view message, std::initializer_list<LogField> fields) {
  return FormatLogLine(format, level, time, message, std::span(fields.begin(), fields.size()));
}

}  // namespace replicawatch
