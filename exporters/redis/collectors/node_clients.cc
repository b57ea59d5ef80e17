// The client connections of a node, under the names of redis_exporter 1.x.

#include <array>

#include "exporters/redis/collectors/node.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t { kInfo, kCreated, kIdleSince, kLeftOut, kFirstNumber };

constexpr LabelNames kOfClient = {"id", "name"};

// In the order of Index, then of kClientNumbers.
constexpr std::array<MetricDesc, kFirstNumber + kClientNumbers.size()> kTable = {{
    Gauge("CLIENT LIST", "redis_connected_client_info",
          "Always 1; the labels say who the client is.",
          {"id", "name", "flags", "db", "host", "port", "user", "resp"}),
    Gauge("CLIENT LIST: age", "redis_connected_client_created_at_timestamp",
          "When the client connected, since the Unix epoch.", kOfClient),
    Gauge("CLIENT LIST: idle", "redis_connected_client_idle_since_timestamp",
          "When the client last sent a command, since the Unix epoch.", kOfClient),
    Gauge("CLIENT LIST", "replicawatch_redis_clients_left_out",
          "Clients beyond those that are shown: the 200 with the largest output buffers, then the "
          "oldest."),
    Gauge("CLIENT LIST: omem", "redis_connected_client_output_buffer_memory_usage_bytes",
          "Memory of the client's output buffer.", kOfClient),
    Gauge("CLIENT LIST: tot-mem", "redis_connected_client_total_memory_consumed_bytes",
          "Memory of all of the client's buffers.", kOfClient),
    Gauge("CLIENT LIST: sub", "redis_connected_client_channel_subscriptions_count",
          "Channels that the client is subscribed to.", kOfClient),
    Gauge("CLIENT LIST: psub", "redis_connected_client_pattern_matching_subscriptions_count",
          "Patterns that the client is subscribed to.", kOfClient),
    Gauge("CLIENT LIST: ssub", "redis_connected_client_shard_channel_subscriptions_count",
          "Shard channels that the client is subscribed to.", kOfClient),
    Gauge("CLIENT LIST: watch", "redis_connected_client_shard_channel_watched_keys",
          "Keys that the client watches.", kOfClient),
    Gauge("CLIENT LIST: qbuf", "redis_connected_client_query_buffer_length_bytes",
          "Bytes in the client's query buffer.", kOfClient),
    Gauge("CLIENT LIST: qbuf-free", "redis_connected_client_query_buffer_free_space_bytes",
          "Free bytes in the client's query buffer.", kOfClient),
    Gauge("CLIENT LIST: obl", "redis_connected_client_output_buffer_length_bytes",
          "Bytes in the client's fixed output buffer.", kOfClient),
    Gauge("CLIENT LIST: oll", "redis_connected_client_output_list_length",
          "Replies that wait in the client's output list.", kOfClient),
}};

void EmitClient(const Client& client, SampleSink& sink) {
  const std::string_view address = client.address;
  const size_t colon = address.rfind(':');
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
  sink.Add(kTable[kInfo], 1,
           {client.id, client.name, client.flags, client.db, address.substr(0, colon), port,
            client.user, client.resp});
  sink.Add(kTable[kCreated], client.created, {client.id, client.name});
  sink.Add(kTable[kIdleSince], client.idle_since, {client.id, client.name});
  for (size_t i = 0; i < client.numbers.size(); ++i) {
    if (client.numbers[i])
      sink.Add(kTable[kFirstNumber + i], static_cast<double>(*client.numbers[i]),
               {client.id, client.name});
  }
}

}  // namespace

MetricTable ClientMetrics() { return kTable; }

void EmitNodeClients(const NodeView& node, SampleSink& sink) {
  if (node.extras == nullptr || !node.extras->clients) return;
  for (const Client& client : node.extras->clients->clients) EmitClient(client, sink);
  sink.Add(kTable[kLeftOut], static_cast<double>(node.extras->clients->left_out));
}

}  // namespace replicawatch::redis
