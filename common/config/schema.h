#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicawatch {

/// What a text at some place of a configuration file may be. It tells, and checks nothing: that is
/// what the reader of the text does.
struct TextForm {
  std::string type = "string";      ///< as JSON Schema calls it: string, integer or boolean
  std::vector<std::string> values;  ///< the only ones; none: any
  std::string pattern;              ///< a regular expression of ECMA 262, for all of it; empty: any
  bool or_integer = false;          ///< a string that may look like a number, as 0 for a duration
  int64_t least = 0;                ///< of an integer
  int64_t most = 0;
  std::string standard;  ///< what counts when the key is not there; empty: nothing

  static TextForm Flag(std::optional<bool> standard);
  static TextForm Count(size_t most, size_t standard);
  static TextForm Pattern(std::string pattern, std::string standard = "");
  /// The same, or a number without quotes from `least` to `most`.
  static TextForm PatternOrNumber(std::string pattern, int64_t least, int64_t most,
                                  std::string standard = "");
  static TextForm OneOf(std::vector<std::string> values, std::string standard = "");
};

/// What may stand at a place of a configuration file: one of the texts, or the mapping, or the
/// list, of those that there are. Made by YamlValue::Describe() from the readers themselves.
struct ConfigSchema {
  std::string help;       ///< of the key that leads here
  bool required = false;  ///< the key that leads here
  std::vector<TextForm> texts;
  bool is_mapping = false;                                 ///< of these keys
  std::vector<std::pair<std::string, ConfigSchema>> keys;  ///< as they are read
  std::unique_ptr<ConfigSchema> entries;                   ///< under names that users choose
  std::unique_ptr<ConfigSchema> elements;                  ///< of a list
};

/// The text of a JSON Schema, draft 7, which editors read. Ends with a newline.
std::string JsonSchema(const ConfigSchema& schema, const std::string& title);

}  // namespace replicawatch
