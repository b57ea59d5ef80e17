#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporters/redis/parse/client_list.h"
#include "exporters/redis/parse/info_text.h"
#include "exporters/redis/parse/latency.h"
#include "exporters/redis/parse/search_index.h"

namespace replicawatch::redis {

/// Answers to CONFIG GET, by name.
using Settings = std::map<std::string, std::string>;

/// What one probe has gathered for collectors that are off by default, or that only some servers
/// have. What was not asked or not answered is empty. Shared by views, so it is only written while
/// its probe is under way.
struct NodeExtras {
  std::vector<LatencySpike> spikes;                  ///< LATENCY LATEST
  std::vector<CommandLatencies> commands;            ///< LATENCY HISTOGRAM
  std::optional<ClientList> clients;                 ///< CLIENT LIST
  std::unique_ptr<const InfoText> modules;           ///< INFO MODULES
  std::vector<SearchIndex> indexes;                  ///< FT.INFO
  size_t indexes_left_out = 0;                       ///< beyond the most that are asked
  Settings configuration;                            ///< CONFIG GET *, without secrets
  std::map<std::string_view, int64_t> command_logs;  ///< COMMANDLOG LEN, by kind
  std::optional<int64_t> dump_bytes;                 ///< size of the RDB file
};

}  // namespace replicawatch::redis
