#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace replicawatch::minio {

/// Reads a document whose root has this name. kParse for anything else. Neither entities nor
/// anything outside of the text is looked up.
Result<void> ParseXml(std::string_view text, std::string_view root, pugi::xml_document& document);

// Names are compared without their prefix: some documents of MinIO have a namespace, those that it
// keeps as they were put have not.
std::string_view LocalName(const pugi::xml_node& node);
/// The first child of this name; an empty node when there is none.
pugi::xml_node ChildOf(const pugi::xml_node& node, std::string_view name);
/// Its text without space around it; empty when there is none.
std::string TextOf(const pugi::xml_node& node, std::string_view name);

}  // namespace replicawatch::minio
