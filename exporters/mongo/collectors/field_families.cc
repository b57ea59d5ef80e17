#include "exporters/mongo/collectors/field_families.h"

#include <mutex>
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
    {"serverStatus.", "ss."},
    {"replSetGetStatus.", "rs."},
    {"systemMetrics.", "sys."},
    {"local.oplog.rs.stats.wiredTiger.", "oplog_stats_wt."},
    {"local.oplog.rs.stats.", "oplog_stats."},
    {"config.", "rs_cfg."},
};

// Documents whose keys are values of a label there.
constexpr Pair kLabels[] = {
    {"serverStatus.asserts.", "assert_type"},
    {"serverStatus.connections.", "conn_type"},
    {"serverStatus.globalLock.currentQueue.", "count_type"},
    {"serverStatus.metrics.commands.", "cmd_name"},
    {"serverStatus.metrics.cursor.open.", "csr_type"},
    {"serverStatus.metrics.document.", "doc_op_type"},
    {"serverStatus.opLatencies.", "op_type"},
    {"serverStatus.opReadConcernCounters.", "concern_type"},
    {"serverStatus.opcounters.", "legacy_op_type"},
    {"serverStatus.opcountersRepl.", "legacy_op_type"},
    {"serverStatus.transactions.commitTypes.", "commit_type"},
    {"serverStatus.wiredTiger.concurrentTransactions.", "txn_rw_type"},
    {"serverStatus.wiredTiger.perf.", "perf_bucket"},
    {"systemMetrics.disks.", "device_name"},
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

}  // namespace

FieldName NameField(std::string_view path, std::string_view parent) {
  for (const auto& [document, label] : kLabels) {
    if (parent == document) return {Prometheusize(parent), label};
  }
  return {Prometheusize(path), {}};
}

const MetricDesc* FieldFamilies::Find(const WalkedNumber& number) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = by_path_.find(number.path);
    if (found != by_path_.end()) return found->second;
  }
  const std::unique_lock lock(mutex_);
  if (by_path_.size() >= kMost) return nullptr;
  const auto [name, label] = NameField(number.path, number.parent);
  std::unique_ptr<Family>& family = by_name_[name];
  if (!family) {
    family = std::make_unique<Family>();
    family->name = name;
    family->help = label.empty() ? number.path : number.parent;
    MetricDesc& desc = family->desc;
    desc.name = family->name;
    desc.help = family->help;
    desc.type = MetricType::kUnknown;
    desc.scope = Scope::kNode;
    if (!label.empty()) {
      desc.labels = {label};
    } else if (!number.element.empty()) {
      desc.labels = {"member_idx", "member_state"};
    }
    desc.source = family->help;
  }
  // Another field whose name comes out the same would be the same series twice.
  const bool is_its_own = family->help == (label.empty() ? number.path : number.parent);
  const MetricDesc* desc = is_its_own ? &family->desc : nullptr;
  by_path_.emplace(number.path, desc);
  return desc;
}

}  // namespace replicawatch::mongo
