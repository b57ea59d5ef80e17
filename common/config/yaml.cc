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

tl::unexpected<Error> Described() {
  return Fail(ErrorCode::kParse, "this is only described, nothing stands here");
}

}  // namespace

struct YamlValue::Node {
  YAML::Node yaml;
  std::string file;
  YAML::Mark mark;
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
    YAML::Node yaml = YAML::Load(text);
    const YAML::Mark mark = yaml.Mark();
    auto node = std::make_shared<Node>(Node{std::move(yaml), file, mark});
    return YamlValue(std::move(node));
  } catch (const YAML::Exception& error) {
    return Fail(ErrorCode::kParse, Place(file, error.mark) + ": " + error.msg);
  }
}

tl::unexpected<Error> YamlValue::Fault(const std::string& what) const {
  if (schema_ != nullptr) return Described();
  return Fail(ErrorCode::kParse, Place(node_->file, node_->mark) + ": " + what);
}

Result<std::string> YamlValue::Text(const TextForm& form) const {
  if (schema_ != nullptr) {
    schema_->texts.push_back(form);
    return Described();
  }
  if (!node_->yaml.IsScalar()) return Fault("a text is wanted here");
  return node_->yaml.Scalar();
}

Result<std::vector<std::string>> YamlValue::Texts() const {
  std::vector<std::string> texts;
  if (schema_ != nullptr) {
    schema_->texts.emplace_back();
  } else if (node_->yaml.IsScalar()) {
    return std::vector<std::string>{node_->yaml.Scalar()};
  }
  const Result<void> read = Elements([&](const YamlValue& element) -> Result<void> {
    Result<std::string> text = element.Text();
    if (!text) return tl::unexpected(text.error());
    texts.push_back(std::move(*text));
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  return texts;
}

Result<void> YamlValue::TextOr(const Read& text, const Read& other) const {
  if (schema_ == nullptr) return node_->yaml.IsScalar() ? text(*this) : other(*this);
  static_cast<void>(text(*this));
  return other(*this);
}

Result<void> YamlValue::EachEntry(const ReadEntry& read) const {
  if (node_->yaml.IsNull()) return {};
  if (!node_->yaml.IsMap()) return Fault("a mapping (key: value) is wanted here");
  std::set<std::string> seen;
  for (const auto& entry : node_->yaml) {
    const YamlValue key(std::make_shared<Node>(Node{entry.first, node_->file, entry.first.Mark()}));
    const Result<std::string> name = key.Text();
    if (!name) return tl::unexpected(name.error());
    if (!seen.insert(*name).second)
      return key.Fault("\"" + *name + "\" is here for the second time");
    // Where nothing stands, yaml-cpp names the place of what comes next.
    const YAML::Mark mark = entry.second.IsNull() ? entry.first.Mark() : entry.second.Mark();
    const YamlValue value(std::make_shared<Node>(Node{entry.second, node_->file, mark}));
    if (Result<void> done = read(*name, key, value); !done) return done;
  }
  return {};
}

Result<void> YamlValue::Entries(const ReadNamed& read) const {
  if (schema_ != nullptr) {
    schema_->entries = std::make_unique<ConfigSchema>(
        Describe([&](const YamlValue& value) { return read("name", value); }));
    return Described();
  }
  return EachEntry([&](const std::string& name, const YamlValue&, const YamlValue& value) {
    return read(name, value);
  });
}

void YamlValue::DescribeKeys(const KeyList& keys) const {
  schema_->is_mapping = true;
  for (const Key& key : keys) {
    ConfigSchema described = Describe(key.read);
    described.help = key.help;
    described.required = key.required;
    schema_->keys.emplace_back(key.name, std::move(described));
  }
}

Result<void> YamlValue::Keys(const KeyList& keys) const {
  if (schema_ != nullptr) {
    DescribeKeys(keys);
    return Described();
  }
  std::set<std::string_view> missing;
  for (const Key& key : keys) {
    if (key.required) missing.insert(key.name);
  }
  const auto read = [&](const std::string& name, const YamlValue& at,
                        const YamlValue& value) -> Result<void> {
    missing.erase(name);
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    if (found != keys.end()) return found->read(value);
    std::string known;
    for (const Key& key : keys) known += (known.empty() ? "" : ", ") + std::string(key.name);
    return at.Fault("\"" + name + "\" is not known here; known are " + known);
  };
  if (Result<void> done = EachEntry(read); !done) return done;
  for (const Key& key : keys) {
    if (missing.contains(key.name))
      return Fault("\"" + std::string(key.name) + "\" is missing: " + std::string(key.help));
  }
  return {};
}

Result<void> YamlValue::Elements(const Read& read) const {
  if (schema_ != nullptr) {
    schema_->elements = std::make_unique<ConfigSchema>(Describe(read));
    return Described();
  }
  if (node_->yaml.IsNull()) return {};
  if (!node_->yaml.IsSequence()) return Fault("a list is wanted here");
  for (const YAML::Node& element : node_->yaml) {
    const YAML::Mark mark = element.IsNull() ? node_->mark : element.Mark();
    const YamlValue value(std::make_shared<Node>(Node{element, node_->file, mark}));
    if (Result<void> done = read(value); !done) return done;
  }
  return {};
}

void YamlValue::AddTo(SettingsDigest& digest) const {
  if (schema_ == nullptr) AddNode(node_->yaml, digest);
}

YamlValue::KeyList Joined(std::initializer_list<YamlValue::KeyList> lists) {
  YamlValue::KeyList joined;
  for (const YamlValue::KeyList& list : lists)
    joined.insert(joined.end(), list.begin(), list.end());
  return joined;
}

YamlValue::Read Into(std::string& text) {
  return [&text](const YamlValue& value) -> Result<void> {
    Result<std::string> read = value.Text(TextForm::Pattern("", text));
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
