#pragma once

#include <map>
#include <string>
#include <string_view>

#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// Whether a setting of CONFIG GET or SENTINEL CONFIG GET may be shown. One whose name speaks of a
/// password, a login, a token or the like never is. A text, which may be anything, is shown only of
/// the settings that are known to hold no secret, so that one of a later version or a module is not
/// shown by accident; a number or a yes or no is.
bool IsPublicSetting(std::string_view name, std::string_view value);

/// Reads an answer to CONFIG GET: names and values in turn. Keeps what is public, at most 1000
/// settings, each value cut to 128 bytes. Pure.
std::map<std::string, std::string> ParseConfiguration(const Reply& reply);

}  // namespace replicawatch::redis
