// What a node asks for the sake of single collectors. Nothing of it is needed for the joined view:
// after a refusal it rests.

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "exporters/redis/node.h"
#include "exporters/redis/parse/configuration.h"

namespace replicawatch::redis {
namespace {

/// Each client is a dozen series, each index two dozen.
constexpr size_t kMostClients = 200;
constexpr size_t kMostIndexes = 100;

// As COMMANDLOG LEN takes them.
constexpr std::array<std::string_view, 3> kCommandLogs = {"slow", "large-request", "large-reply"};

double ServerTime(const Info& info) {
  if (info.server_time_microseconds)
    return static_cast<double>(*info.server_time_microseconds) / 1e6;
  return UnixSeconds();
}

/// COMMANDLOG is of Valkey alone, from 8.1 on.
bool HasCommandLog(const Info& info) { return info.valkey && AtLeast(info.version, 8, 1); }

}  // namespace

bool IsThisMachine(const HostPort& where) {
  return where.port == 0 || where.host == "localhost" || where.host == "::1" ||
         where.host.starts_with("127.");
}

void Node::AskForSettings() {
  const auto on_reply = [this](const Reply& reply) {
    if (reply.is_error()) facts_.settings.clear();
    for (size_t i = 0; i + 1 < reply.elements.size(); i += 2)
      facts_.settings[reply.elements[i].text] = reply.elements[i + 1].text;
  };
  Command names = {kMinReplicas, "save"};
  const auto add = [&](std::initializer_list<std::string_view> more) {
    names.insert(names.end(), more);
  };
  if (settings_.all_sections || settings_.buffers) add({kBufferLimits});
  if (settings_.all_sections)
    add({"maxclients", "maxmemory", "io-threads", "repl-backlog-size", "databases"});
  if (settings_.all_sections && HasCommandLog(*facts_.info)) add({"commandlog-*"});
  if (settings_.dump && is_here_) add({"dir", "dbfilename"});
  if (facts_.info->cluster) {
    add({"cluster-node-timeout", "cluster-replica-validity-factor", "repl-ping-replica-period"});
  }
  // Before 7.0 CONFIG GET takes one name.
  if (!AtLeast(facts_.info->version, 7, 0)) {
    for (const std::string_view name : names)
      AskOptional("CONFIG GET", {"CONFIG", "GET", name}, on_reply);
    return;
  }
  Command command = {"CONFIG", "GET"};
  command.insert(command.end(), names.begin(), names.end());
  AskOptional("CONFIG GET", command, on_reply);
}

void Node::AskForExtras() {
  if (settings_.latencies) AskForLatencies();
  if (settings_.buffers && AtLeast(facts_.info->version, 5, 0)) AskForLinks();
  if (settings_.clients) AskForClients();
  if (settings_.search) AskForSearchIndexes();
  if (settings_.configuration) AskForConfiguration({"CONFIG", "GET", "*"});
  if (settings_.all_sections && HasCommandLog(*facts_.info)) AskForCommandLog();
  if (!settings_.modules) return;
  AskOptional("INFO MODULES", {"INFO", "MODULES"}, [this](const Reply& reply) {
    if (!reply.is_error()) extras_->modules = std::make_unique<const InfoText>(reply.text);
  });
}

void Node::AskForLatencies() {
  AskOptional("LATENCY LATEST", {"LATENCY", "LATEST"}, [this](const Reply& reply) {
    if (auto spikes = ParseLatencyLatest(reply)) extras_->spikes = std::move(*spikes);
  });
  if (!AtLeast(facts_.info->version, 7, 0)) return;
  AskOptional("LATENCY HISTOGRAM", {"LATENCY", "HISTOGRAM"}, [this](const Reply& reply) {
    if (auto commands = ParseLatencyHistogram(reply)) extras_->commands = std::move(*commands);
  });
}

/// The two ends of a replication link: how a master and its replica know it as the same.
void Node::AskForLinks() {
  if (facts_.info->replication.attached.empty()) {
    facts_.replica_links.clear();
  } else {
    AskOptional("CLIENT LIST", {"CLIENT", "LIST", "TYPE", "replica"}, [this](const Reply& reply) {
      facts_.replica_links = ParseClients(reply.is_error() ? std::string_view() : reply.text);
    });
  }
  if (facts_.role() != Role::kReplica) return;
  AskOptional("CLIENT LIST", {"CLIENT", "LIST", "TYPE", "master"}, [this](const Reply& reply) {
    const auto links = ParseClients(reply.is_error() ? std::string_view() : reply.text);
    facts_.master_link = links.empty() ? std::string() : links.front().local_address;
  });
}

void Node::AskForClients() {
  AskOptional("CLIENT LIST", {"CLIENT", "LIST"}, [this](const Reply& reply) {
    if (reply.is_error()) return;
    const auto before = facts_.extras;
    extras_->clients = MakeClientList(ParseClients(reply.text), kMostClients,
                                      before && before->clients ? &*before->clients : nullptr,
                                      ServerTime(*facts_.info));
  });
}

void Node::AskForSearchIndexes() {
  AskOptional("FT._LIST", {"FT._LIST"}, [this](const Reply& list) {
    const size_t count = std::min(list.elements.size(), kMostIndexes);
    extras_->indexes_left_out = list.elements.size() - count;
    for (size_t i = 0; i < count; ++i) {
      AskOptional("FT.INFO", {"FT.INFO", list.elements[i].text}, [this](const Reply& reply) {
        // One that has been dropped since is refused.
        if (auto index = ParseSearchIndex(reply)) extras_->indexes.push_back(std::move(*index));
      });
    }
  });
}

void Node::AskForConfiguration(const Command& command) {
  AskOptional("CONFIG GET *", command,
              [this](const Reply& reply) { extras_->configuration = ParseConfiguration(reply); });
}

void Node::AskForCommandLog() {
  for (const std::string_view kind : kCommandLogs) {
    AskOptional("COMMANDLOG LEN", {"COMMANDLOG", "LEN", kind}, [this, kind](const Reply& reply) {
      if (reply.kind == Reply::Kind::kInteger) extras_->command_logs[kind] = reply.integer;
    });
  }
}

/// A path means the same file here only when the node is on this machine. A folder that is not
/// there, as when the node runs in a container, or no dump: nothing is known.
void Node::MeasureDump() {
  if (!settings_.dump || !is_here_ || !extras_) return;
  const std::string_view folder = SettingOf(facts_.settings, "dir");
  const std::string_view name = SettingOf(facts_.settings, "dbfilename");
  if (folder.empty() || name.empty()) return;
  std::error_code error;
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  if (!std::filesystem::is_regular_file(path, error)) return;
  const auto bytes = std::filesystem::file_size(path, error);
  if (!error) extras_->dump_bytes = static_cast<int64_t>(bytes);
}

}  // namespace replicawatch::redis
