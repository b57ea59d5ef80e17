#include "exporters/minio/parse/bucket_documents.h"

#include <set>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "exporters/minio/parse/json.h"
#include "exporters/minio/parse/xml.h"

namespace replicawatch::minio {
namespace {

/// A policy has 20 KB at most, and S3's documents nest 6 levels.
constexpr size_t kMostGrants = 20'000;
constexpr int kDeepest = 32;

using Texts = std::set<std::string>;

/// Length before text: no value can look like two.
std::string Framed(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text);
}

std::string Joined(const Texts& texts) {
  std::string joined = "[";
  for (const std::string& text : texts) joined += Framed(text);
  return joined + "]";
}

/// A text, a list of them, or what stands for one: 1 and "1" are the same to a policy.
Texts TextsOf(const Json* value) {
  Texts texts;
  if (value == nullptr || value->is_null()) return texts;
  const auto add = [&](const Json& one) {
    texts.insert(one.is_string() ? one.get<std::string>() : one.dump());
  };
  if (value->is_array()) {
    for (const Json& one : *value) add(one);
  } else {
    add(*value);
  }
  return texts;
}

/// "*" and {"AWS":"*"} both mean anyone.
Texts PrincipalsOf(const Json* value) {
  if (value == nullptr || !value->is_object()) {
    Texts texts;
    for (const std::string& text : TextsOf(value)) texts.insert("AWS=" + text);
    return texts;
  }
  Texts texts;
  for (const auto& [kind, names] : value->items()) {
    for (const std::string& name : TextsOf(&names)) texts.insert(kind + "=" + name);
  }
  return texts;
}

std::string ConditionOf(const Json* value) {
  std::string text;
  if (value == nullptr || !value->is_object()) return text;
  for (const auto& [operation, keys] : value->items()) {
    if (!keys.is_object()) continue;
    for (const auto& [key, values] : keys.items())
      text += Framed(operation) + Framed(key) + Joined(TextsOf(&values));
  }
  return text;
}

/// One grant for each action, resource and principal, so that it doesn't matter how they are spread
/// over statements: the server itself puts together what can be.
Result<void> AddGrants(const Json& statement, Texts& grants) {
  const auto part = [&](const char* name) { return TextsOf(FindMember(statement, name)); };
  const std::string rest = Framed(TextOf(statement, "Effect")) + Joined(part("NotAction")) +
                           Joined(part("NotResource")) +
                           Joined(PrincipalsOf(FindMember(statement, "NotPrincipal"))) +
                           Framed(ConditionOf(FindMember(statement, "Condition")));
  const auto or_nothing = [](Texts texts) { return texts.empty() ? Texts{""} : std::move(texts); };
  const Texts actions = or_nothing(part("Action"));
  const Texts resources = or_nothing(part("Resource"));
  const Texts principals = or_nothing(PrincipalsOf(FindMember(statement, "Principal")));
  if (actions.size() * resources.size() * principals.size() > kMostGrants)
    return Fail(ErrorCode::kLimit, "policy: too large");
  for (const std::string& action : actions) {
    for (const std::string& resource : resources) {
      for (const std::string& principal : principals)
        grants.insert(Framed(action) + Framed(resource) + Framed(principal) + rest);
    }
  }
  if (grants.size() > kMostGrants) return Fail(ErrorCode::kLimit, "policy: too large");
  return {};
}

/// Rules of lifecycle and replication have an ID, those of notifications an Id.
bool IsRuleId(const pugi::xml_node& node) {
  const std::string_view name = LocalName(node);
  return (name == "ID" && LocalName(node.parent()) == "Rule") || name == "Id";
}

Result<std::string> Canonical(const pugi::xml_node& node, int depth) {
  if (depth > kDeepest) return Fail(ErrorCode::kLimit, "XML nested too deep");
  std::multiset<std::string> children;
  std::string text;
  for (const pugi::xml_node& child : node) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
    if (child.type() != pugi::node_element || IsRuleId(child)) continue;
    Result<std::string> canonical = Canonical(child, depth + 1);
    if (!canonical) return canonical;
    if (!canonical->empty()) children.insert(std::move(*canonical));
  }
  std::string content;
  for (const std::string& child : children) content += child;
  if (children.empty()) content = TrimSpace(text);
  if (content.empty()) return std::string();
  return "<" + std::string(LocalName(node)) + " " + Framed(content) + ">";
}

int PositiveOf(const pugi::xml_node& node, std::string_view name) {
  const auto number = ParseInt(TextOf(node, name));
  return number && *number > 0 && *number < 1'000'000 ? static_cast<int>(*number) : 0;
}

}  // namespace

Result<std::string> CanonicalPolicy(std::string_view json) {
  const Result<Json> root = ParseJson(json);
  if (!root) return Fail(root.error().code, "policy: " + root.error().message);
  const Json* statements = FindMember(*root, "Statement");
  if (statements == nullptr) return Fail(ErrorCode::kParse, "policy: no Statement");
  Texts grants;
  if (statements->is_object()) {
    if (const Result<void> added = AddGrants(*statements, grants); !added)
      return tl::unexpected(added.error());
  }
  for (const Json& statement : ListOf(*root, "Statement")) {
    if (!statement.is_object())
      return Fail(ErrorCode::kParse, "policy: a statement that is no object");
    if (const Result<void> added = AddGrants(statement, grants); !added)
      return tl::unexpected(added.error());
  }
  return grants.empty() ? std::string() : Joined(grants);
}

Result<std::string> CanonicalXml(std::string_view xml, std::string_view root) {
  pugi::xml_document document;
  if (const Result<void> parsed = ParseXml(xml, root, document); !parsed)
    return tl::unexpected(parsed.error());
  return Canonical(document.document_element(), 0);
}

Result<ObjectLock> ParseObjectLock(std::string_view xml) {
  pugi::xml_document document;
  if (const Result<void> parsed = ParseXml(xml, "ObjectLockConfiguration", document); !parsed)
    return tl::unexpected(parsed.error());
  ObjectLock lock;
  const pugi::xml_node root = document.document_element();
  lock.enabled = TextOf(root, "ObjectLockEnabled") == "Enabled";
  if (const auto held = ChildOf(ChildOf(root, "Rule"), "DefaultRetention"))
    lock.retention = {TextOf(held, "Mode"), PositiveOf(held, "Days"), PositiveOf(held, "Years")};
  return lock;
}

Result<Versioning> ParseVersioning(std::string_view xml) {
  pugi::xml_document document;
  if (const Result<void> parsed = ParseXml(xml, "VersioningConfiguration", document); !parsed)
    return tl::unexpected(parsed.error());
  const std::string status = TextOf(document.document_element(), "Status");
  if (status.empty()) return Versioning::kOff;
  if (status == "Enabled") return Versioning::kEnabled;
  if (status == "Suspended") return Versioning::kSuspended;
  return Fail(ErrorCode::kParse, "versioning: neither Enabled nor Suspended");
}

}  // namespace replicawatch::minio
