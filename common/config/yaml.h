#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
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

  Result<std::string> Text() const;
  /// A list of texts, or one text alone.
  Result<std::vector<std::string>> Texts() const;

  using Read = std::function<Result<void>(const YamlValue&)>;
  using ReadNamed = std::function<Result<void>(const std::string& name, const YamlValue&)>;

  struct Key {
    std::string_view name;
    Read read;
  };
  /// A mapping of which only these keys are known.
  Result<void> Keys(std::initializer_list<Key> keys) const;
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

  std::shared_ptr<const Node> node_;
};

/// A reader that stores a text.
YamlValue::Read Into(std::string& text);
YamlValue::Read Into(std::vector<std::string>& texts);

}  // namespace replicawatch
