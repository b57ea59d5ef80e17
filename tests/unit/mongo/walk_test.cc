#include "exporters/mongo/parse/walk.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "exporters/mongo/collectors/field_families.h"
#include "exporters/mongo/collectors/node.h"
#include "tests/unit/testdata.h"

namespace replicawatch::mongo {
namespace {

std::string Recorded(const std::string& name) { return ReadTestdata("mongo/6.0.5/" + name); }

std::map<std::string, double> WalkAll(std::string_view bson, const WalkLimits& limits = {}) {
  std::map<std::string, double> numbers;
  const Result<Document> document = Document::Parse(bson);
  if (!document) return numbers;
  WalkNumbers(
      *document,
      [&](const WalkedNumber& number) {
        std::string key(number.path);
        if (!number.element.empty()) key += "@" + std::string(number.element);
        numbers[key] = number.value;
      },
      "", limits);
  return numbers;
}

TEST_CASE("a walk meets numbers, dates, timestamps and truth values, and members by their names") {
  const auto numbers = WalkAll(Recorded("healthy/27103.replSetGetStatus.bson"));
  CHECK(numbers.at("myState") == 1);
  CHECK(numbers.at("term") == 2);
  CHECK(numbers.at("date") > 1.7e12);                     // a date, in milliseconds
  CHECK(numbers.at("optimes.appliedOpTime.ts") > 1.7e9);  // a timestamp, in seconds
  CHECK(numbers.at("members.state@127.0.0.1:27101") == 2);
  CHECK(numbers.at("members.state@127.0.0.1:27103") == 1);
  CHECK(numbers.at("members.self@127.0.0.1:27103") == 1);  // true
  CHECK_FALSE(numbers.contains("set"));                    // a text
  CHECK_FALSE(numbers.contains("members.state"));
}

TEST_CASE("a configuration's members are told apart by their hosts") {
  const auto numbers = WalkAll(Recorded("mixed/27111.replSetGetConfig.bson"));
  CHECK(numbers.at("config.members.votes@127.0.0.1:27114") == 0);
  CHECK(numbers.at("config.members.arbiterOnly@127.0.0.1:27113") == 1);
}

TEST_CASE("a walk has its limits") {
  const std::string bson = Recorded("healthy/27101.collStats.bson");
  CHECK(WalkAll(bson).size() > 200);
  CHECK(WalkAll(bson, {.numbers = 10}).size() == 10);
  for (const auto& [path, value] : WalkAll(bson, {.depth = 1}))
    CHECK(path.find('.') == std::string::npos);
  for (const auto& [path, value] : WalkAll(bson, {.path = 12})) CHECK(path.size() <= 12);
}

TEST_CASE("a walk through broken bytes ends") {
  const std::string whole = Recorded("healthy/27103.replSetGetStatus.bson");
  for (size_t size = 0; size < whole.size(); ++size) WalkAll(whole.substr(0, size));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x80);
    WalkAll(broken);
  }
}

TEST_CASE("fields are named as mongodb_exporter names them") {
  const auto name = [](const char* path, const char* parent = "") {
    const FieldName named = NameField(path, parent);
    return named.name + (named.label.empty() ? "" : "{" + std::string(named.label) + "}");
  };
  CHECK(name("serverStatus.uptime") == "mongodb_ss_uptime");
  CHECK(name("serverStatus.wiredTiger.cache.bytes read into cache") ==
        "mongodb_ss_wt_cache_bytes_read_into_cache");
  CHECK(name("serverStatus.wiredTiger.transaction.transaction checkpoint total time (msecs)") ==
        "mongodb_ss_wt_txn_transaction_checkpoint_total_time_msecs");
  CHECK(name("serverStatus.opcounters.insert", "serverStatus.opcounters.") ==
        "mongodb_ss_opcounters{legacy_op_type}");
  CHECK(name("serverStatus.connections.current", "serverStatus.connections.") ==
        "mongodb_ss_connections{conn_type}");
  CHECK(name("serverStatus.security.authentication.mechanisms.MONGODB-X509.clusterAuthenticate."
             "received") ==
        "mongodb_ss_security_authentication_mechanisms_MONGODB_X509_clusterAuthenticate_received");
  CHECK(name("replSetGetStatus.members.optimeDate") == "mongodb_rs_members_optimeDate");
  CHECK(name("members.state") == "mongodb_members_state");
  CHECK(name("local.oplog.rs.stats.wiredTiger.cache.bytes written from cache") ==
        "mongodb_oplog_stats_wt_cache_bytes_written_from_cache");
  CHECK(name("systemMetrics.disks.vda.reads", "systemMetrics.disks.vda.") ==
        "mongodb_sys_disks_vda_reads");
  CHECK(name("replSetGetConfig.members.votes") == "mongodb_rs_cfg_members_votes");
  CHECK(name("replSetGetConfig.settings.electionTimeoutMillis") ==
        "mongodb_rs_cfg_settings_electionTimeoutMillis");
  CHECK(name("config.transactions.stats.storageStats.size") ==
        "mongodb_config_transactions_stats_storageStats_size");
  CHECK(name("serverStatus.opLatencies.reads.ops") == "mongodb_ss_opLatencies_ops{op_type}");
  CHECK(name("serverStatus.opLatencies.reads.queryableEncryptionLatencyMicros") ==
        "mongodb_ss_opLatencies_reads_queryableEncryptionLatencyMicros");
  CHECK(name("serverStatus.wiredTiger.concurrentTransactions.read.out") ==
        "mongodb_ss_wt_concurrentTransactions_out{txn_rw}");
  CHECK(name("serverStatus.queues.execution.write.available") ==
        "mongodb_ss_wt_concurrentTransactions_available{txn_rw}");
  CHECK(name("local.oplog.rs.stats.storageStats.wiredTiger.cache.bytes read into cache") ==
        "mongodb_oplog_stats_wt_cache_bytes_read_into_cache");
  CHECK(name("dbstats.dataSize", "dbstats.") == "mongodb_dbstats_dataSize");
  CHECK(name("collstats.storageStats.indexSizes.a.b_1", "collstats.storageStats.indexSizes.") ==
        "mongodb_collstats_storageStats_indexSizes{index_name}");
}

WalkedNumber FieldAt(std::string_view path) {
  const size_t dot = path.rfind('.');
  const size_t parent = dot == std::string_view::npos ? 0 : dot + 1;
  return {path, path.substr(0, parent), path.substr(parent), {}, {}, 1};
}

TEST_CASE("one family for all fields of a name, and an end to new ones") {
  FieldFamilies families;
  const auto insert = families.Find(FieldAt("serverStatus.opcounters.insert"));
  REQUIRE(insert.desc != nullptr);
  CHECK(insert.value == "insert");
  CHECK(insert.desc->labels[0] == "legacy_op_type");
  const auto query = families.Find(FieldAt("serverStatus.opcounters.query"));
  CHECK(query.desc == insert.desc);
  CHECK(query.value == "query");
  // A page with one name twice is one that Prometheus refuses.
  CHECK(families.Find(FieldAt("serverStatus.opcounters")).desc == nullptr);
  for (int round = 0; round < 2; ++round) {
    const auto reads = families.Find(FieldAt("serverStatus.opLatencies.reads.ops"));
    const auto writes = families.Find(FieldAt("serverStatus.opLatencies.writes.ops"));
    CHECK(reads.desc == writes.desc);
    CHECK(reads.value == "reads");
    CHECK(writes.value == "writes");
  }
  // What a server may have ever new ones of takes no room.
  for (size_t i = 0; i < FieldFamilies::kMost; ++i)
    families.Find(FieldAt("serverStatus.asserts." + std::to_string(i)));
  CHECK(families.Find(FieldAt("y")).desc != nullptr);
  for (size_t i = 0; i < FieldFamilies::kMost; ++i) families.Find(FieldAt("x" + std::to_string(i)));
  CHECK(families.Find(FieldAt("one too many")).desc == nullptr);
  CHECK(families.Find(FieldAt("serverStatus.opcounters.insert")).desc == insert.desc);
}

TEST_CASE("labels that all fields of a document get come first") {
  FieldFamilies families;
  const auto size = families.Find(FieldAt("dbstats.dataSize"), {"database"});
  CHECK(size.desc->label_count() == 1);
  CHECK_FALSE(size.has_value);
  const WalkedNumber index = {"collstats.storageStats.indexSizes.a.b_1",
                              "collstats.storageStats.indexSizes.",
                              "a.b_1",
                              {},
                              {},
                              1};
  const auto of_index = families.Find(index, {"database", "collection"});
  CHECK(of_index.desc->labels[2] == "index_name");
  CHECK(of_index.value == "a.b_1");
}

std::string RecordedPrimary(const char* command) {
  return Recorded(std::string("healthy/27103.") + command + ".bson");
}

NodeAnswers AnswersOfNode() {
  NodeAnswers answers;
  answers.diagnostic = RecordedPrimary("getDiagnosticData");
  answers.status = RecordedPrimary("replSetGetStatus");
  answers.config = RecordedPrimary("replSetGetConfig");
  answers.build = RecordedPrimary("buildInfo");
  return answers;
}

/// A page of the recorded primary with all that it told of itself.
Snapshot PageOfNode(NodeAnswers answers) {
  MemberFacts facts;
  facts.answered = true;
  facts.hello = std::make_shared<const Hello>(*ParseHello(RecordedPrimary("hello")));
  facts.status = std::make_shared<const ReplSetStatus>(
      *ParseReplSetStatus(RecordedPrimary("replSetGetStatus")));
  facts.server =
      std::make_shared<const ServerStatus>(*ParseServerStatus(RecordedPrimary("serverStatus")));
  facts.node = std::make_shared<const NodeAnswers>(std::move(answers));
  SampleSink sink;
  EmitNodeAlone(
      {"a:1", "a:1", false, false, 0, std::make_shared<const MemberFacts>(std::move(facts))}, sink);
  return sink.Finish();
}

std::set<std::string> NamesOn(const Snapshot& page) {
  std::set<std::string> names;
  for (const Line& line : page.lines) names.emplace(line.desc->name);
  return names;
}

/// The field `path` of a recorded answer, as an answer of its own.
std::string Part(const std::string& bson, std::initializer_list<const char*> path) {
  const auto root = Document::Parse(bson);
  std::optional<Document> part = *root;
  for (const char* key : path) part = part->Child(key);
  return std::string(part->bytes());
}

TEST_CASE("a whole node: thousands of series, none twice") {
  const Snapshot page = PageOfNode(AnswersOfNode());
  CHECK(page.lines.size() > 2000);
  // The recorded machine had /dev/shm mounted twice, which its mongod tells twice.
  CHECK(page.duplicates == 3);
  std::map<std::string, double> values;
  for (const Line& line : page.lines)
    values[std::string(line.desc->name) + "{" + std::string(page.Labels(line)) + "}"] = line.value;
  const std::string labels = R"(cl_role="mongod",rs_nm="rs0",rs_state="1")";
  CHECK(values.at("mongodb_up{cluster_role=\"mongod\"}") == 1);
  CHECK(values.at("mongodb_mongod_replset_my_state{" + labels + ",set=\"rs0\"}") == 1);
  CHECK(values.at("mongodb_mongod_replset_number_of_members{" + labels + ",set=\"rs0\"}") == 3);
  CHECK(values.at("mongodb_rs_members_state{" + labels +
                  R"(,member_idx="127.0.0.1:27101",member_state="SECONDARY"})") == 2);
  CHECK(values.contains("mongodb_connections{" + labels + ",state=\"current\"}"));
  CHECK(values.at("mongodb_version_info{" + labels +
                  R"(,mongodb="6.0.5",edition="Community",vendor="MongoDB"})") == 1);
  // One label has one value for each of the two kinds of pages: the predecessor has both wrong.
  const std::string cache = "mongodb_mongod_wiredtiger_cache_bytes{" + labels + ",type=\"";
  CHECK(values.contains(cache + "internal_pages\"}"));
  CHECK(values.contains(cache + "leaf_pages\"}"));
}

TEST_CASE("without the right to diagnostic data the same names come from single answers") {
  NodeAnswers single = AnswersOfNode();
  single.server = Part(single.diagnostic, {"data", "serverStatus"});
  single.oplog = Part(single.diagnostic, {"data", "local.oplog.rs.stats"});
  single.diagnostic.clear();
  const std::set<std::string> names = NamesOn(PageOfNode(single));
  for (const std::string& name : NamesOn(PageOfNode(AnswersOfNode()))) {
    // What only the recording has: the machine, and when it was made.
    if (name.starts_with("mongodb_sys_") || name.ends_with("_start") || name.ends_with("_end"))
      continue;
    CHECK_MESSAGE(names.contains(name), name);
  }
}

TEST_CASE("diagnostic data in parts, as 8.0 has it, gives the same names") {
  const NodeAnswers whole = AnswersOfNode();
  const std::string data = Part(whole.diagnostic, {"data"});
  bson_t old_data;
  REQUIRE(bson_init_static(&old_data, reinterpret_cast<const uint8_t*>(data.data()), data.size()));
  bson_t* answer =
      BCON_NEW("data", "{", "common", BCON_DOCUMENT(&old_data), "}", "ok", BCON_INT32(1));
  NodeAnswers parted = whole;
  parted.diagnostic.assign(reinterpret_cast<const char*>(bson_get_data(answer)), answer->len);
  bson_destroy(answer);
  CHECK(NamesOn(PageOfNode(parted)) == NamesOn(PageOfNode(whole)));
}

TEST_CASE("the names of a recorded node are those that they were") {
  std::set<std::string> names = NamesOn(PageOfNode(AnswersOfNode()));
  std::istringstream lines(ReadTestdata("mongo/6.0.5/node_names.txt"));
  for (std::string name; std::getline(lines, name);)
    CHECK_MESSAGE(names.erase(name) == 1, "gone: " << name);
  // Those of the machine differ from one to the next.
  std::erase_if(names, [](const std::string& name) { return name.starts_with("mongodb_sys_"); });
  for (const std::string& name : names) FAIL_CHECK("new: " << name);
}

TEST_CASE("old names have the values of their fields") {
  SampleSink sink;
  const std::string bytes = Part(RecordedPrimary("getDiagnosticData"), {"data", "serverStatus"});
  const auto document = Document::Parse(bytes);
  EmitNodeCompatible(*document, sink);
  const Snapshot page = sink.Finish();
  std::map<std::string, double> values;
  for (const Line& line : page.lines)
    values[std::string(line.desc->name) + "{" + std::string(page.Labels(line)) + "}"] = line.value;
  // Rows of the whole table: one that slips would give all that follow another's name.
  const auto at = [&](std::initializer_list<const char*> path, const char* key) {
    std::optional<Document> part = *document;
    for (const char* step : path) part = part->Child(step);
    return *part->Number(key);
  };
  CHECK(values.at("mongodb_mongod_asserts_total{type=\"user\"}") == at({"asserts"}, "user"));
  CHECK(values.at("mongodb_connections{state=\"available\"}") == at({"connections"}, "available"));
  CHECK(values.at("mongodb_instance_uptime_seconds{}") == at({}, "uptime"));
  CHECK(values.at("mongodb_memory{type=\"virtual\"}") == at({"mem"}, "virtual"));
  CHECK(values.at("mongodb_op_counters_total{type=\"command\"}") == at({"opcounters"}, "command"));
  CHECK(values.at("mongodb_mongod_metrics_repl_buffer_max_size_bytes{}") ==
        at({"metrics", "repl", "buffer"}, "maxSizeBytes"));
  CHECK(values.at("mongodb_mongod_metrics_repl_network_ops_total{}") ==
        at({"metrics", "repl", "network"}, "ops"));
  CHECK(values.at("mongodb_mongod_metrics_ttl_passes_total{}") == at({"metrics", "ttl"}, "passes"));
  CHECK(values.at("mongodb_mongod_op_latencies_ops_total{type=\"read\"}") ==
        at({"opLatencies", "reads"}, "ops"));
  CHECK(values.at("mongodb_mongod_wiredtiger_cache_max_bytes{}") ==
        at({"wiredTiger", "cache"}, "maximum bytes configured"));
  CHECK(values.at("mongodb_mongod_wiredtiger_transactions_total{type=\"committed\"}") ==
        at({"wiredTiger", "transaction"}, "transactions committed"));
  CHECK(values.at("mongodb_ss_locks_acquireCount{lock_mode=\"w\",resource=\"Global\"}") ==
        at({"locks", "Global", "acquireCount"}, "w"));
  CHECK(values.at("mongodb_instance_local_time{}") > 1.7e9);
}

TEST_CASE("old names of a server that has none of their fields") {
  const std::string other = Recorded("healthy/27103.buildInfo.bson");
  SampleSink sink;
  EmitNodeCompatible(*Document::Parse(other), sink);
  CHECK(sink.Finish().lines.empty());
}

}  // namespace
}  // namespace replicawatch::mongo
