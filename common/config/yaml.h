#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/config/schema.h"
#include "common/config/settings_digest.h"

namespace replicawatch {

/// A value of a configuration file, read strictly: keys that are unknown, given twice or of another
/// type are errors, which say where: "file:line:column: what". A thin layer over yaml-cpp, which
/// lets all of them pass. A cheap reference to the document, which lives as long as one of them.
class YamlValue {
 public:
  /// The document of a file; an empty one is an empty mapping.
  static Result<YamlValue> Load(const std::string& path);
  static Result<std::string> TextOf(const std::string& path);
  static Result<YamlValue> Parse(const std::string& text, const std::string& file);

  /// What `read` would read. It gets a value that is described instead of read: all of its readers
  /// are called, for which keys there may be, and all fail, so that what comes after them does not
  /// happen.
  template <class Reader>
  static ConfigSchema Describe(const Reader& read) {
    ConfigSchema schema;
    static_cast<void>(read(YamlValue(schema)));
    return schema;
  }

  /// `form` is for the description; the caller looks whether the text is of it.
  Result<std::string> Text(const TextForm& form = {}) const;
  /// A list of texts, or one text alone.
  Result<std::vector<std::string>> Texts() const;

  using Read = std::function<Result<void>(const YamlValue&)>;
  using ReadNamed = std::function<Result<void>(const std::string& name, const YamlValue&)>;

  struct Key {
    std::string_view name;
    Read read;
    std::string_view help;  ///< what it is; without a dot at the end
    bool required = false;
  };
  using KeyList = std::vector<Key>;
  /// A text, or what is none: each is read by its own reader.
  Result<void> TextOr(const Read& text, const Read& other) const;
  /// A mapping of which only these keys are known.
  Result<void> Keys(const KeyList& keys) const;
  /// A mapping whose keys are names that the user chooses.
  Result<void> Entries(const ReadNamed& read) const;
  Result<void> Elements(const Read& read) const;

  /// Adds all that stands here, as it is written, without comments.
  void AddTo(SettingsDigest& digest) const;

  /// An error at this place.
  tl::unexpected<Error> Fault(const std::string& what) const;

 private:
  struct Node;  // keeps yaml-cpp's headers out of all others
  explicit YamlValue(std::shared_ptr<const Node> node);
  using ReadEntry = std::function<Result<void>(const std::string& name, const YamlValue& key,
                                               const YamlValue& value)>;
  Result<void> EachEntry(const ReadEntry& read) const;
  void DescribeKeys(const KeyList& keys) const;
  explicit YamlValue(ConfigSchema& schema) : schema_(&schema) {}

  std::shared_ptr<const Node> node_;  // null when this is described
  ConfigSchema* schema_ = nullptr;    // null when this is read
};

/// The keys of all these lists, in their order.
YamlValue::KeyList Joined(std::initializer_list<YamlValue::KeyList> lists);

/// A reader that stores a text.
YamlValue::Read Into(std::string& text);
YamlValue::Read Into(std::vector<std::string>& texts);

}  // namespace replicawatch
