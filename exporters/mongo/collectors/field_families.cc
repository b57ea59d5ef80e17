#include "exporters/mongo/collectors/field_families.h"

#include <mutex>
#include <optional>
#include <utility>

namespace replicawatch::mongo {
namespace {

struct Pair {
  std::string_view first;
  std::string_view second;
};

// The names that mongodb_exporter 0.2x to 0.4x gives, the longer before the shorter.
constexpr Pair kPrefixes[] = {
    {"serverStatus.wiredTiger.transaction.", "ss_wt_txn."},
    {"serverStatus.wiredTiger.", "ss_wt."},
    {"serverStatus.queues.execution.", "ss_wt_concurrentTransactions."},  // since 8.0
    {"serverStatus.", "ss."},
    {"replSetGetStatus.", "rs."},
    {"systemMetrics.", "sys."},
    {"local.oplog.rs.stats.wiredTiger.", "oplog_stats_wt."},
    {"local.oplog.rs.stats.storageStats.wiredTiger.", "oplog_stats_wt."},  // since 7.0
    {"local.oplog.rs.stats.", "oplog_stats."},
    {"replSetGetConfig.", "rs_cfg."},
};

// Documents whose keys are values of a label there.
constexpr Pair kLabels[] = {
    {"serverStatus.asserts.", "assert_type"},
    {"serverStatus.connections.", "conn_type"},
    {"serverStatus.globalLock.currentQueue.", "count_type"},
    {"serverStatus.metrics.commands.", "cmd_name"},
    {"serverStatus.metrics.cursor.open.", "csr_type"},
    {"serverStatus.metrics.document.", "doc_op_type"},
    {"serverStatus.opReadConcernCounters.", "concern_type"},
    {"serverStatus.opcounters.", "legacy_op_type"},
    {"serverStatus.opcountersRepl.", "legacy_op_type"},
    {"serverStatus.transactions.commitTypes.", "commit_type"},
    {"serverStatus.wiredTiger.perf.", "perf_bucket"},
    {"systemMetrics.disks.", "device_name"},
    {"collstats.storageStats.indexSizes.", "index_name"},
    {"config.transactions.stats.storageStats.indexSizes.", "index_name"},
    {"config.image_collection.stats.storageStats.indexSizes.", "index_name"},
};

/// A document whose documents' names are the values of a label: `<document><value>.<key>`.
struct MiddleLabel {
  std::string_view document;
  std::string_view label;
  std::array<std::string_view, 3> keys;  ///< for which that is so
};
constexpr MiddleLabel kMiddleLabels[] = {
    {"serverStatus.opLatencies.", "op_type", {"ops", "latency"}},
    {"serverStatus.wiredTiger.concurrentTransactions.",
     "txn_rw",
     {"out", "available", "totalTickets"}},
    {"serverStatus.queues.execution.", "txn_rw", {"out", "available", "totalTickets"}},
};

constexpr MetricDesc Pattern(std::string_view name, std::string_view source, std::string_view help,
                             const LabelNames& labels = {}) {
  return {name, help, MetricType::kUnknown, "", Scope::kNode, labels, source};
}

// The labels that only some of them have are not among these.
constexpr MetricDesc kPatterns[] = {
    Pattern("mongodb_ss_*", "getDiagnosticData serverStatus", "Each number of serverStatus."),
    Pattern("mongodb_rs_*", "getDiagnosticData replSetGetStatus",
            "Each number of replSetGetStatus, as the server recorded it."),
    Pattern("mongodb_oplog_stats_*", "getDiagnosticData local.oplog.rs.stats",
            "Each number of collStats of the oplog."),
    Pattern("mongodb_sys_*", "getDiagnosticData systemMetrics",
            "Each number that the server recorded of its machine."),
    Pattern("mongodb_members_*", "replSetGetStatus members",
            "Each number of replSetGetStatus about a member.", {"member_idx", "member_state"}),
    Pattern("mongodb_optimes_*", "replSetGetStatus optimes",
            "Each of the positions; other numbers are mongodb_ and the field's name."),
    Pattern("mongodb_rs_cfg_*", "replSetGetConfig", "Each number of the configuration."),
    Pattern("mongodb_dbstats_*", "dbStats", "Each number of dbStats.", {"database"}),
    Pattern("mongodb_collstats_*", "$collStats", "Each number of $collStats.",
            {"database", "collection", "shard"}),
    Pattern("mongodb_top_*", "top", "Each number of top.", {"database", "collection"}),
};

bool IsNameLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// All other characters become one underscore, none of them at the end.
std::string Prometheusize(std::string_view path) {
  std::string out = "mongodb";
  bool gap = true;
  const auto append = [&](std::string_view text) {
    for (const char c : text) {
      if (!IsNameLetter(c)) {
        gap = true;
        continue;
      }
      if (std::exchange(gap, false)) out += '_';
      out += c;
    }
  };
  for (const auto& [prefix, name] : kPrefixes) {
    if (!path.starts_with(prefix)) continue;
    append(name);
    path.remove_prefix(prefix.size());
    break;
  }
  append(path);
  return out;
}

/// Empty when it is none of these.
std::optional<FieldName> NameByMiddle(std::string_view path) {
  for (const MiddleLabel& middle : kMiddleLabels) {
    if (!path.starts_with(middle.document)) continue;
    const std::string_view rest = path.substr(middle.document.size());
    const size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view key = rest.substr(dot + 1);
    if (std::find(middle.keys.begin(), middle.keys.end(), key) == middle.keys.end() || key.empty())
      return std::nullopt;
    const std::string family = std::string(middle.document) + std::string(key);
    return FieldName{Prometheusize(family), family, middle.label, rest.substr(0, dot), false};
  }
  return std::nullopt;
}

/// Kept as long as the process: snapshots point into it.
FieldFamilies& Families() {
  static FieldFamilies families;
  return families;
}

}  // namespace

MetricTable FieldPatterns() { return kPatterns; }

FieldName NameField(std::string_view path, std::string_view parent) {
  for (const auto& [document, label] : kLabels) {
    if (parent == document)
      return {Prometheusize(parent), std::string(parent), label, path.substr(parent.size()), true};
  }
  if (auto named = NameByMiddle(path)) return std::move(*named);
  return {Prometheusize(path), std::string(path), {}, {}, false};
}

FieldFamilies::Field FieldFamilies::Find(const WalkedNumber& number, const LabelNames& outer) {
  const auto field_of = [&](const Known& known) -> Field {
    return {known.desc, number.path.substr(known.value_begin, known.value_size), known.has_value};
  };
  const auto look = [&]() -> std::optional<Field> {
    const auto path = by_path_.find(number.path);
    if (path != by_path_.end()) return field_of(path->second);
    const auto parent = by_parent_.find(number.parent);
    if (parent != by_parent_.end()) return Field{parent->second.desc, number.key, true};
    return std::nullopt;
  };
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = look()) return *found;
  }
  const std::unique_lock lock(mutex_);
  if (const auto found = look()) return *found;
  if (by_path_.size() >= kMost) return {};
  const FieldName name = NameField(number.path, number.parent);
  const bool has_value = !name.label.empty();
  Known known = {FamilyOf(name, number, outer), has_value, 0, 0};
  if (name.value_is_last) {
    by_parent_.emplace(number.parent, known);
    return {known.desc, number.key, true};
  }
  if (has_value) {
    known.value_begin = static_cast<uint16_t>(name.value.data() - number.path.data());
    known.value_size = static_cast<uint16_t>(name.value.size());
  }
  by_path_.emplace(number.path, known);
  return field_of(known);
}

const MetricDesc* FieldFamilies::FamilyOf(const FieldName& field, const WalkedNumber& number,
                                          const LabelNames& outer) {
  std::unique_ptr<Family>& family = by_name_[field.name];
  if (!family) {
    family = std::make_unique<Family>();
    family->name = field.name;
    family->help = field.help;
    MetricDesc& desc = family->desc;
    desc.name = family->name;
    desc.help = family->help;
    desc.type = MetricType::kUnknown;
    desc.scope = Scope::kNode;
    desc.labels = outer;
    size_t labels = desc.label_count();
    if (!field.label.empty()) desc.labels[labels++] = field.label;
    if (!number.element.empty()) {
      desc.labels[labels++] = "member_idx";
      desc.labels[labels] = "member_state";
    }
    desc.source = family->help;
  }
  // Another field whose name comes out the same would be the same series twice.
  return family->help == field.help ? &family->desc : nullptr;
}

void EmitFields(const Document& document, std::string_view root, SampleSink& sink,
                const OuterLabels& outer, const WalkLimits& limits) {
  const size_t outer_count = static_cast<size_t>(
      std::find(outer.names.begin(), outer.names.end(), "") - outer.names.begin());
  std::array<std::string_view, kMaxLabels> values = {};
  std::copy_n(outer.values.begin(), outer_count, values.begin());
  WalkNumbers(
      document,
      [&](const WalkedNumber& number) {
        const FieldFamilies::Field field = Families().Find(number, outer.names);
        if (field.desc == nullptr) return;
        size_t count = outer_count;
        if (field.has_value) values[count++] = field.value;
        if (!number.element.empty()) {
          values[count++] = number.element;
          values[count++] = number.element_state;
        }
        // A field within an array in one answer, and outside of one in another.
        if (count != field.desc->label_count()) return;
        sink.Add(*field.desc, number.value, std::span(values.data(), count));
      },
      root, limits);
}

}  // namespace replicawatch::mongo
