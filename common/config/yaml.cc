#include "common/config/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "common/config/file.h"

namespace replicawatch {
namespace {

/// Deep nesting and aliases that contain themselves end here.
constexpr size_t kMaxFile = 4U << 20;

std::string Place(const std::string& file, const YAML::Mark& mark) {
  if (mark.is_null()) return file;
  return file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

void AddNode(const YAML::Node& node, SettingsDigest& digest) {
  if (node.IsScalar()) {
    digest.Add(node.Scalar());
  } else if (node.IsSequence()) {
    digest.Add("[");
    for (const YAML::Node& element : node) AddNode(element, digest);
    digest.Add("]");
  } else if (node.IsMap()) {
    digest.Add("{");
    for (const auto& entry : node) {
      AddNode(entry.first, digest);
      AddNode(entry.second, digest);
    }
    digest.Add("}");
  } else {
    digest.Add("~");
  }
}

}  // namespace

struct YamlValue::Node {
  YAML::Node yaml;
  std::string file;
};

YamlValue::YamlValue(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

Result<std::string> YamlValue::TextOf(const std::string& path) { return ReadFile(path, kMaxFile); }

Result<YamlValue> YamlValue::Load(const std::string& path) {
  const Result<std::string> text = TextOf(path);
  if (!text) return tl::unexpected(text.error());
  return Parse(*text, path);
}

Result<YamlValue> YamlValue::Parse(const std::string& text, const std::string& file) {
  if (text.size() > kMaxFile) return Fail(ErrorCode::kLimit, file + ": is larger than 4 MB");
  try {
    auto node = std::make_shared<Node>(Node{YAML::Load(text), file});
    return YamlValue(std::move(node));
  } catch (const YAML::Exception& error) {
    return Fail(ErrorCode::kParse, Place(file, error.mark) + ": " + error.msg);
  }
}

tl::unexpected<Error> YamlValue::Fault(const std::string& what) const {
  return Fail(ErrorCode::kParse, Place(node_->file, node_->yaml.Mark()) + ": " + what);
}

Result<std::string> YamlValue::Text() const {
  if (!node_->yaml.IsScalar()) return Fault("a text is wanted here");
  return node_->yaml.Scalar();
}

Result<std::vector<std::string>> YamlValue::Texts() const {
  std::vector<std::string> texts;
  if (node_->yaml.IsScalar()) return std::vector<std::string>{node_->yaml.Scalar()};
  const Result<void> read = Elements([&](const YamlValue& element) -> Result<void> {
    Result<std::string> text = element.Text();
    if (!text) return tl::unexpected(text.error());
    texts.push_back(std::move(*text));
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return texts;
}

Result<void> YamlValue::Entries(const ReadNamed& read) const {
  if (node_->yaml.IsNull()) return {};
  if (!node_->yaml.IsMap()) return Fault("a mapping (key: value) is wanted here");
  std::set<std::string> seen;
  for (const auto& entry : node_->yaml) {
    const YamlValue key(std::make_shared<Node>(Node{entry.first, node_->file}));
    const Result<std::string> name = key.Text();
    if (!name) return tl::unexpected(name.error());
    if (!seen.insert(*name).second)
      return key.Fault("\"" + *name + "\" is here for the second time");
    const YamlValue value(std::make_shared<Node>(Node{entry.second, node_->file}));
    if (Result<void> done = read(*name, value); !done) return done;
  }
  return {};
}

Result<void> YamlValue::Keys(std::initializer_list<Key> keys) const {
  return Entries([&](const std::string& name, const YamlValue& value) -> Result<void> {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    if (found != keys.end()) return found->read(value);
    std::string known;
    for (const Key& key : keys) known += (known.empty() ? "" : ", ") + std::string(key.name);
    return value.Fault("\"" + name + "\" is not known here; known are " + known);
  });
}

Result<void> YamlValue::Elements(const Read& read) const {
  if (node_->yaml.IsNull()) return {};
  if (!node_->yaml.IsSequence()) return Fault("a list is wanted here");
  for (const YAML::Node& element : node_->yaml) {
    const YamlValue value(std::make_shared<Node>(Node{element, node_->file}));
    if (Result<void> done = read(value); !done) return done;
  }
  return {};
}

void YamlValue::AddTo(SettingsDigest& digest) const { AddNode(node_->yaml, digest); }

YamlValue::Read Into(std::string& text) {
  return [&text](const YamlValue& value) -> Result<void> {
    Result<std::string> read = value.Text();
    if (!read) return tl::unexpected(read.error());
    text = std::move(*read);
    return {};
  };
}

YamlValue::Read Into(std::vector<std::string>& texts) {
  return [&texts](const YamlValue& value) -> Result<void> {
    auto read = value.Texts();
    if (!read) return tl::unexpected(read.error());
    texts = std::move(*read);
    return {};
  };
}

}  // namespace replicawatch
