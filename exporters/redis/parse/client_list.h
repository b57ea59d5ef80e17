#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replicawatch::redis {

/// The items of a client's line that are plain numbers, in the order of Client::numbers.
constexpr std::array<std::string_view, 10> kClientNumbers = {
    "omem", "tot-mem", "sub", "psub", "ssub", "watch", "qbuf", "qbuf-free", "obl", "oll"};

/// One line of CLIENT LIST: a connection as the server sees it.
struct Client {
  std::string id;
  std::string address;        ///< addr: of the other end of the socket
  std::string local_address;  ///< laddr: of the server's own end, since 6.2
  std::string name;
  std::string flags;
  std::string db;
  std::string user;  ///< since 6.0
  std::string resp;  ///< since 7.0
  std::optional<int64_t> age_seconds;
  std::optional<int64_t> idle_seconds;
  std::array<std::optional<int64_t>, kClientNumbers.size()> numbers;
  std::optional<double> created;     ///< Unix time; see MakeClientList()
  std::optional<double> idle_since;  ///< the same

  /// omem: bytes of its output buffer; of a replica since 7.0 how far it is from the end of the
  /// buffer that all replicas share.
  std::optional<int64_t> output_bytes() const { return numbers[0]; }
};

/// Reads the answer to CLIENT LIST. Items are found by name; a line without id and addr is left
/// out. Pure.
std::vector<Client> ParseClients(std::string_view text);

/// A choice of a server's clients.
struct ClientList {
  std::vector<Client> clients;
  size_t left_out = 0;
};

/// Keeps at most `most` clients: those with the largest output buffers, which are what runs a
/// server out of memory, then the oldest, so that the choice is steady. Their ages become points in
/// time by `unix_now`; whole seconds make those jitter, so that one that is within a second of what
/// `before` had stays. Pure.
ClientList MakeClientList(std::vector<Client> clients, size_t most, const ClientList* before,
                          double unix_now);

}  // namespace replicawatch::redis
