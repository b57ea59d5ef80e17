#include "exporters/minio/parse/xml.h"

#include "common/base/text.h"

namespace replicawatch::minio {

Result<void> ParseXml(std::string_view text, std::string_view root, pugi::xml_document& document) {
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return Fail(ErrorCode::kParse, std::string("no XML: ") + parsed.description());
  if (LocalName(document.document_element()) != root)
    return Fail(ErrorCode::kParse, "XML, but no " + std::string(root));
  return {};
}

std::string_view LocalName(const pugi::xml_node& node) {
  std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node ChildOf(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([&](const pugi::xml_node& child) { return LocalName(child) == name; });
}

std::string TextOf(const pugi::xml_node& node, std::string_view name) {
  return std::string(TrimSpace(ChildOf(node, name).child_value()));
}

}  // namespace replicawatch::minio
