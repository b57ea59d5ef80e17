#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace replicawatch {

/// No number that WriteNumber() writes is longer.
constexpr size_t kNumberSize = 32;

/// Writes a sample value to `out` and returns how many characters it took: integers as such up to
/// 2^53, all else in the shortest form that reads back equal, and NaN, +Inf, -Inf as Prometheus
/// spells them. Independent of the locale.
size_t WriteNumber(char* out, double value);
/// The same at the end of a string.
void AppendNumber(std::string& out, double value);

/// The whole text as a number, or nothing: no leading or trailing characters are accepted.
std::optional<double> ParseDouble(std::string_view text);
std::optional<int64_t> ParseInt(std::string_view text);

/// Appends `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD: one bad byte
/// in a label value makes Prometheus refuse the whole page.
void AppendUtf8(std::string& out, std::string_view text);

/// Appends a label value as both text formats want it between the quotes: UTF-8, with \\, \" and \n
/// escaped.
void AppendLabelValue(std::string& out, std::string_view text);

/// Appends a quoted string that is valid in JSON and in logfmt whatever a server put into it.
void AppendQuoted(std::string& out, std::string_view text);

/// Cuts at the first `separator`; `rest` keeps what follows it. The whole text when there is none.
std::string_view CutAt(std::string_view& rest, char separator);

std::string_view TrimSpace(std::string_view text);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace replicawatch
