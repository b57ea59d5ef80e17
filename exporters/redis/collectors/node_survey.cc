// What surveys of keys, streams and scripts have found, under the names of redis_exporter 1.x.

#include <array>

#include "exporters/redis/collectors/node.h"
#include "exporters/redis/collectors/table.h"

namespace replicawatch::redis {
namespace {

enum Index : size_t {
  kSize,
  kMemory,
  kValue,
  kText,
  kCount,
  kGroupCount,
  kGroupMemory,
  kGroups,
  kGroupsDuration,
  kLength,
  kRadixKeys,
  kRadixNodes,
  kLastId,
  kStreamGroups,
  kAdded,
  kMaxDeletedId,
  kFirstEntry,
  kLastEntry,
  kConsumers,
  kPending,
  kDeliveredId,
  kEntriesRead,
  kLag,
  kConsumerPending,
  kConsumerIdle,
  kScriptResult,
  kScriptValue,
  kAge,
  kDuration,
  kTruncated,
  kRefused,
  kIndexSize,
};

constexpr LabelNames kOfKey = {"db", "key"};
constexpr LabelNames kOfGroup = {"db", "key_group"};
constexpr LabelNames kOfStream = {"db", "stream"};
constexpr LabelNames kOfStreamGroup = {"db", "stream", "group"};
constexpr LabelNames kOfConsumer = {"db", "stream", "group", "consumer"};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    Gauge("STRLEN, PFCOUNT, LLEN, SCARD, ZCARD, HLEN, XLEN", "redis_key_size",
          "Elements of the key, or bytes of a string; 0 for a single key that is not there.",
          kOfKey),
    Gauge("MEMORY USAGE", "redis_key_memory_usage_bytes", "Memory that the key takes.", kOfKey),
    Gauge("GETRANGE", "redis_key_value", "Value of a string that is a number.", kOfKey),
    Gauge("GETRANGE", "redis_key_value_as_string",
          "Always 1; the label has the value of any other string.", {"db", "key", "val"}),
    Gauge("SCAN", "redis_keys_count", "Keys that match the pattern.", kOfKey),
    Gauge("SCAN", "redis_key_group_count", "Keys of the group.", kOfGroup),
    Gauge("SCAN, MEMORY USAGE", "redis_key_group_memory_usage_bytes", "Memory of the group's keys.",
          kOfGroup),
    Gauge("SCAN", "redis_number_of_distinct_key_groups",
          "Groups that the keys of the database are of, also those that are not shown.", {"db"}),
    Gauge("SCAN", "redis_last_key_groups_scrape_duration_milliseconds",
          "Milliseconds that finding the groups took, rests included."),
    Gauge("XINFO STREAM length", "redis_stream_length", "Entries of the stream.", kOfStream),
    Gauge("XINFO STREAM radix-tree-keys", "redis_stream_radix_tree_keys",
          "Keys of the stream's radix tree.", kOfStream),
    Gauge("XINFO STREAM radix-tree-nodes", "redis_stream_radix_tree_nodes",
          "Nodes of the stream's radix tree.", kOfStream),
    Gauge("XINFO STREAM last-generated-id", "redis_stream_last_generated_id",
          "Last id of the stream, its milliseconds.", kOfStream),
    Gauge("XINFO STREAM groups", "redis_stream_groups", "Consumer groups of the stream.",
          kOfStream),
    Counter("XINFO STREAM entries-added", "redis_stream_entries_added_total",
            "Entries ever added to the stream.", kOfStream),
    Gauge("XINFO STREAM max-deleted-entry-id", "redis_stream_max_deleted_entry_id",
          "Largest id that was deleted, its milliseconds.", kOfStream),
    Gauge("XINFO STREAM first-entry", "redis_stream_first_entry_id",
          "Id of the oldest entry, its milliseconds.", kOfStream),
    Gauge("XINFO STREAM last-entry", "redis_stream_last_entry_id",
          "Id of the newest entry, its milliseconds.", kOfStream),
    Gauge("XINFO GROUPS consumers", "redis_stream_group_consumers", "Consumers of the group.",
          kOfStreamGroup),
    Gauge("XINFO GROUPS pending", "redis_stream_group_messages_pending",
          "Entries that were delivered and not acknowledged.", kOfStreamGroup),
    Gauge("XINFO GROUPS last-delivered-id", "redis_stream_group_last_delivered_id",
          "Id of the entry delivered last, its milliseconds.", kOfStreamGroup),
    Gauge("XINFO GROUPS entries-read", "redis_stream_group_entries_read",
          "Entries that the group has read.", kOfStreamGroup),
    Gauge("XINFO GROUPS lag", "redis_stream_group_lag", "Entries that wait for the group.",
          kOfStreamGroup),
    Gauge("XINFO CONSUMERS pending", "redis_stream_group_consumer_messages_pending",
          "Entries that the consumer has not acknowledged.", kOfConsumer),
    Gauge("XINFO CONSUMERS idle", "redis_stream_group_consumer_idle_seconds",
          "Time since the consumer last asked for something.", kOfConsumer),
    Gauge("EVAL_RO", "redis_script_result", "0 the script failed, 1 it gave values, 2 none.",
          {"filename"}),
    Gauge("EVAL_RO", "redis_script_values", "What the script gave.", {"key", "filename"}),
    Gauge("the exporter", "replicawatch_redis_survey_age_seconds",
          "Time since the survey was finished from which keys, streams and scripts come."),
    Gauge("the exporter", "replicawatch_redis_survey_duration_seconds",
          "Time that the survey took, rests included."),
    Gauge("the exporter", "replicawatch_redis_survey_truncated",
          "1 if there were more keys, streams or groups than are published."),
    Gauge("the exporter", "replicawatch_redis_survey_refused",
          "Always 1; the label names a command that the node refuses, whose answers are left out.",
          {"command"}),
}};

std::string Database(int number) { return "db" + std::to_string(number); }

void EmitKeys(const SurveyResults& found, SampleSink& sink) {
  for (const SurveyedKey& key : found.keys) {
    const std::string db = Database(key.database);
    sink.Add(kTable[kSize], key.size, {db, key.key});
    sink.Add(kTable[kMemory], key.memory_bytes, {db, key.key});
    sink.Add(kTable[kValue], key.value, {db, key.key});
    if (key.text) sink.Add(kTable[kText], 1, {db, key.key, *key.text});
  }
  for (const KeyCount& count : found.counts)
    sink.Add(kTable[kCount], count.count, {Database(count.database), count.pattern});
  for (const auto& [database, groups] : found.groups) {
    const std::string db = Database(database);
    if (groups.distinct) sink.Add(kTable[kGroups], static_cast<double>(*groups.distinct), {db});
    for (const auto& [name, group] : groups.groups) {
      sink.Add(kTable[kGroupCount], group.count, {db, name});
      sink.Add(kTable[kGroupMemory], group.memory_bytes, {db, name});
    }
  }
  if (found.groups_seconds) sink.Add(kTable[kGroupsDuration], *found.groups_seconds * 1000);
}

void EmitStream(const SurveyedStream& stream, SampleSink& sink) {
  const std::string db = Database(stream.database);
  const auto add = [&](Index index, std::optional<double> value) {
    sink.Add(kTable[index], value, {db, stream.key});
  };
  add(kLength, stream.info.length);
  add(kRadixKeys, stream.info.radix_tree_keys);
  add(kRadixNodes, stream.info.radix_tree_nodes);
  add(kLastId, stream.info.last_generated_id);
  add(kStreamGroups, stream.info.groups);
  add(kAdded, stream.info.entries_added);
  add(kMaxDeletedId, stream.info.max_deleted_entry_id);
  add(kFirstEntry, stream.info.first_entry_id);
  add(kLastEntry, stream.info.last_entry_id);
  for (const auto& [group, consumers] : stream.groups) {
    const auto add_group = [&, &name = group.name](Index index, std::optional<double> value) {
      sink.Add(kTable[index], value, {db, stream.key, name});
    };
    add_group(kConsumers, group.consumers);
    add_group(kPending, group.pending);
    add_group(kDeliveredId, group.last_delivered_id);
    add_group(kEntriesRead, group.entries_read);
    add_group(kLag, group.lag);
    for (const StreamConsumer& consumer : consumers) {
      sink.Add(kTable[kConsumerPending], consumer.pending,
               {db, stream.key, group.name, consumer.name});
      sink.Add(kTable[kConsumerIdle], consumer.idle_seconds,
               {db, stream.key, group.name, consumer.name});
    }
  }
}

}  // namespace

MetricTable SurveyMetrics() { return kTable; }

void EmitNodeSurvey(const NodeView& node, SampleSink& sink) {
  if (!node.survey) return;
  const SurveyResults& found = *node.survey;
  EmitKeys(found, sink);
  for (const SurveyedStream& stream : found.streams) EmitStream(stream, sink);
  for (const auto& [name, script] : found.scripts) {
    sink.Add(kTable[kScriptResult], script.outcome, {name});
    for (const auto& [key, value] : script.values)
      sink.Add(kTable[kScriptValue], value, {key, name});
  }
  sink.Add(kTable[kAge], node.survey_age_seconds);
  sink.Add(kTable[kDuration], found.seconds);
  sink.Add(kTable[kTruncated], found.truncated);
  for (const std::string& command : found.refused) sink.Add(kTable[kRefused], 1, {command});
}

}  // namespace replicawatch::redis
