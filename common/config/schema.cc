#include "common/config/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace replicawatch {
namespace {

// Keeps the order of the keys, which is that of the readers.
using Json = nlohmann::ordered_json;

Json OfText(const TextForm& form) {
  Json json = {{"type", form.or_integer ? Json{form.type, "integer"} : Json(form.type)}};
  if (!form.values.empty()) json["enum"] = form.values;
  if (!form.pattern.empty()) json["pattern"] = "^(" + form.pattern + ")$";
  if (form.type == "integer" || form.or_integer) {
    json["minimum"] = form.least;
    json["maximum"] = form.most;
  }
  if (!form.standard.empty())
    json["default"] = form.type == "string" ? Json(form.standard) : Json::parse(form.standard);
  return json;
}

/// An empty section counts as one in which nothing is said, where nothing has to be.
Json TypeOrNothing(const ConfigSchema& schema, const char* type) {
  const bool wanted =
      schema.required || std::any_of(schema.keys.begin(), schema.keys.end(),
                                     [](const auto& key) { return key.second.required; });
  return wanted ? Json(type) : Json{type, "null"};
}

Json Render(const ConfigSchema& schema);

Json OfMapping(const ConfigSchema& schema) {
  Json json = {{"type", TypeOrNothing(schema, "object")}};
  if (schema.entries) {
    json["additionalProperties"] = Render(*schema.entries);
    return json;
  }
  Json required = Json::array();
  json["properties"] = Json::object();
  for (const auto& [name, value] : schema.keys) {
    json["properties"][name] = Render(value);
    if (value.required) required.push_back(name);
  }
  if (!required.empty()) json["required"] = required;
  json["additionalProperties"] = false;
  return json;
}

Json OfList(const ConfigSchema& schema) {
  Json json = {{"type", TypeOrNothing(schema, "array")}, {"items", Render(*schema.elements)}};
  if (schema.required) json["minItems"] = 1;
  return json;
}

Json Render(const ConfigSchema& schema) {
  std::vector<Json> alternatives;
  for (const TextForm& form : schema.texts) alternatives.push_back(OfText(form));
  if (schema.is_mapping || schema.entries) alternatives.push_back(OfMapping(schema));
  if (schema.elements) alternatives.push_back(OfList(schema));
  Json json = Json::object();
  if (!schema.help.empty()) json["description"] = schema.help;
  if (alternatives.size() == 1) {
    json.update(alternatives.front());
  } else {
    json["anyOf"] = alternatives;
  }
  return json;
}

}  // namespace

TextForm TextForm::Flag(std::optional<bool> standard) {
  TextForm form;
  form.type = "boolean";
  if (standard) form.standard = *standard ? "true" : "false";
  return form;
}

TextForm TextForm::Count(size_t most, size_t standard) {
  TextForm form;
  form.type = "integer";
  form.least = 1;
  form.most = static_cast<int64_t>(most);
  if (standard > 0) form.standard = std::to_string(standard);
  return form;
}

TextForm TextForm::Pattern(std::string pattern, std::string standard) {
  TextForm form;
  form.pattern = std::move(pattern);
  form.standard = std::move(standard);
  return form;
}

TextForm TextForm::PatternOrNumber(std::string pattern, int64_t least, int64_t most,
                                   std::string standard) {
  TextForm form = Pattern(std::move(pattern), std::move(standard));
  form.or_integer = true;
  form.least = least;
  form.most = most;
  return form;
}

TextForm TextForm::OneOf(std::vector<std::string> values, std::string standard) {
  TextForm form;
  form.values = std::move(values);
  form.standard = std::move(standard);
  return form;
}

std::string JsonSchema(const ConfigSchema& schema, const std::string& title) {
  Json json = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  json.update(Render(schema));
  return json.dump(2) + "\n";
}

}  // namespace replicawatch
