// A log line is one line, and JSON, whatever a server says.

#include <algorithm>
#include <string>

#include "common/base/log.h"
#include "common/base/log_folding.h"
#include "common/base/text.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

namespace {

int HexDigit(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const size_t at = kDigits.find(c);
  fuzz::Require(at != std::string_view::npos, "a \\u has hexadecimal digits");
  return static_cast<int>(at);
}

/// Takes a text in quotes off the front, as JSON has them.
std::string TakeText(std::string_view& rest) {
  fuzz::Require(rest.starts_with('"'), "a text begins with a quote");
  rest.remove_prefix(1);
  std::string text;
  while (true) {
    fuzz::Require(!rest.empty(), "a text ends");
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return text;
    fuzz::Require(static_cast<uint8_t>(c) >= 0x20, "control characters are escaped");
    if (c != '\\') {
      text += c;
      continue;
    }
    fuzz::Require(!rest.empty(), "something is escaped");
    const char escaped = rest.front();
    rest.remove_prefix(1);
    if (escaped == 'n') {
      text += '\n';
    } else if (escaped == 'u') {
      fuzz::Require(rest.size() >= 4 && rest.starts_with("00"), "the escapes are of one byte");
      text += static_cast<char>(HexDigit(rest[2]) * 16 + HexDigit(rest[3]));
      rest.remove_prefix(4);
    } else {
      fuzz::Require(escaped == '"' || escaped == '\\', "a known escape");
      text += escaped;
    }
  }
}

void TakeField(std::string_view& rest, char before, std::string_view key, std::string_view value) {
  fuzz::Require(rest.starts_with(before), "fields are separated");
  rest.remove_prefix(1);
  fuzz::Require(TakeText(rest) == fuzz::Repaired(key), "the key reads back");
  fuzz::Require(rest.starts_with(':'), "a value follows");
  rest.remove_prefix(1);
  fuzz::Require(TakeText(rest) == fuzz::Repaired(value), "the value reads back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view value = fuzz::Text(data, size);
  const std::string_view message = CutAt(value, '|');
  const std::string json = FormatLogLine(LogFormat::kJson, LogLevel::kWarn, "t", message,
                                         {{"member", value}, {"reason", message}});
  std::string_view rest = json;
  TakeField(rest, '{', "time", "t");
  TakeField(rest, ',', "level", "warn");
  TakeField(rest, ',', "msg", message);
  TakeField(rest, ',', "member", value);
  TakeField(rest, ',', "reason", message);
  fuzz::Require(rest == "}\n", "the line ends");
  const std::string plain =
      FormatLogLine(LogFormat::kLogfmt, LogLevel::kInfo, "t", message, {{"reason", value}});
  fuzz::Require(std::none_of(plain.begin(), plain.end() - 1,
                             [](char c) { return static_cast<uint8_t>(c) < 0x20; }),
                "a line of logfmt is one line");
  fuzz::Require(WithoutNumbers(value).size() <= value.size(), "a text gets no longer");
  return 0;
}
