#include "exporters/redis/parse/client_list.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "common/base/text.h"

namespace replicawatch::redis {
namespace {

void SetItem(Client& client, std::string_view name, std::string_view value) {
  if (name == "id") client.id = value;
  if (name == "addr") client.address = value;
  if (name == "laddr") client.local_address = value;
  if (name == "name") client.name = value;
  if (name == "flags") client.flags = value;
  if (name == "db") client.db = value;
  if (name == "user") client.user = value;
  if (name == "resp") client.resp = value;
  if (name == "age") client.age_seconds = ParseInt(value);
  if (name == "idle") client.idle_seconds = ParseInt(value);
  const auto number = std::find(kClientNumbers.begin(), kClientNumbers.end(), name);
  if (number != kClientNumbers.end())
    client.numbers[static_cast<size_t>(number - kClientNumbers.begin())] = ParseInt(value);
}

/// Ids are given in ascending order: a shorter one is the smaller.
bool IsOlder(const Client& a, const Client& b) {
  return a.id.size() != b.id.size() ? a.id.size() < b.id.size() : a.id < b.id;
}

std::optional<double> PointInTime(const std::optional<int64_t>& seconds_ago, double unix_now,
                                  const std::optional<double>& before) {
  if (!seconds_ago) return std::nullopt;
  const double point = std::floor(unix_now) - static_cast<double>(*seconds_ago);
  return before && std::abs(*before - point) <= 1 ? before : point;
}

}  // namespace

std::vector<Client> ParseClients(std::string_view text) {
  std::vector<Client> clients;
  while (!text.empty()) {
    std::string_view line = CutAt(text, '\n');
    Client client;
    while (!line.empty()) {
      std::string_view value = CutAt(line, ' ');
      const std::string_view name = CutAt(value, '=');
      SetItem(client, name, value);
    }
    if (!client.id.empty() && !client.address.empty()) clients.push_back(std::move(client));
  }
  return clients;
}

ClientList MakeClientList(std::vector<Client> clients, size_t most, const ClientList* before,
                          double unix_now) {
  ClientList list;
  list.left_out = clients.size() - std::min(clients.size(), most);
  const auto place = clients.end() - static_cast<std::ptrdiff_t>(list.left_out);
  std::partial_sort(clients.begin(), place, clients.end(), [](const Client& a, const Client& b) {
    const int64_t a_bytes = a.output_bytes().value_or(0);
    const int64_t b_bytes = b.output_bytes().value_or(0);
    return a_bytes != b_bytes ? a_bytes > b_bytes : IsOlder(a, b);
  });
  clients.erase(place, clients.end());
  std::map<std::string_view, const Client*> known;
  if (before != nullptr) {
    for (const Client& client : before->clients) known.emplace(client.id, &client);
  }
  static const Client none;
  for (Client& client : clients) {
    const auto found = known.find(client.id);
    const Client& was = found == known.end() ? none : *found->second;
    client.created = PointInTime(client.age_seconds, unix_now, was.created);
    client.idle_since = PointInTime(client.idle_seconds, unix_now, was.idle_since);
  }
  list.clients = std::move(clients);
  return list;
}

}  // namespace replicawatch::redis
