#include "common/app/backup_status.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

#include "common/base/deadline.h"
#include "common/metrics/page_reader.h"

namespace replicawatch {
namespace {

constexpr auto kGauge = MetricType::kGauge;
constexpr auto kScope = Scope::kExporter;
constexpr size_t kMostFiles = 100;
constexpr size_t kMostBytes = 256 * 1024;

constexpr MetricDesc Family(std::string_view name, std::string_view help,
                            LabelNames labels = {"service", "cluster", "backup"}) {
  return {name, help, kGauge, UnitOf(name), kScope, labels, "the backup script's status file"};
}

constexpr std::array kTable = {
    MetricDesc{"replicawatch_backup_status_readable",
               "1 if the status file of a backup could be read and taken over.",
               kGauge,
               "",
               kScope,
               {"service", "file"},
               "files *.prom in --backup.status-dir"},
    MetricDesc{"replicawatch_backup_status_age_seconds",
               "Time since the status file of a backup was written.",
               kGauge,
               "seconds",
               kScope,
               {"service", "file"},
               "files *.prom in --backup.status-dir"},
    Family("replicawatch_backup_expected_interval_seconds",
           "Time from one run of the backup to the next, as it is meant to be."),
    Family("replicawatch_backup_last_attempt_timestamp_seconds",
           "When the backup was last begun, in seconds since 1970."),
    Family("replicawatch_backup_last_success_timestamp_seconds",
           "When the last good backup was finished, in seconds since 1970."),
    Family("replicawatch_backup_last_exit_code",
           "How the last run ended: 0 well, else the script's exit code."),
    Family("replicawatch_backup_last_duration_seconds", "How long the last run took."),
    Family("replicawatch_backup_last_size_bytes", "Size of the last good backup."),
    Family("replicawatch_backup_last_items",
           "What the last good backup holds: documents, keys, objects and the like.",
           {"service", "cluster", "backup", "kind"}),
    Family("replicawatch_backup_last_verify_timestamp_seconds",
           "When a backup was last verified, in seconds since 1970."),
    Family("replicawatch_backup_last_verify_mismatches",
           "What did not agree with its source or its checksums at that verification."),
    Family("replicawatch_backup_oldest_retained_timestamp_seconds",
           "When the oldest backup that is kept was made, in seconds since 1970."),
    Family("replicawatch_backup_newest_retained_timestamp_seconds",
           "When the newest backup that is kept was made, in seconds since 1970."),
    Family("replicawatch_backup_retained", "Backups that are kept."),
    Family("replicawatch_backup_repository_free_bytes", "Space left where the backups are kept."),
    Family("replicawatch_backup_restore_drill_timestamp_seconds",
           "When a backup was last restored on trial and found right, in seconds since 1970."),
    Family("replicawatch_backup_restore_drill_duration_seconds",
           "How long that took: the time that a recovery would take."),
    Family("replicawatch_backup_restore_drill_data_age_seconds",
           "How old the restored data was: what a recovery would lose."),
    Family("replicawatch_backup_info", "Always 1; the labels say how the backup is made.",
           {"service", "cluster", "backup", "method", "encrypted"}),
};
constexpr const MetricDesc& kReadable = kTable[0];
constexpr const MetricDesc& kAge = kTable[1];
constexpr size_t kFirstOfFiles = 2;

const MetricDesc* Find(std::string_view name) {
  const auto found = std::find_if(kTable.begin() + kFirstOfFiles, kTable.end(),
                                  [&](const MetricDesc& desc) { return desc.name == name; });
  return found == kTable.end() ? nullptr : &*found;
}

std::optional<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size > kMostBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text(size, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(size))) return std::nullopt;
  return text;
}

std::optional<double> AgeOf(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return UnixSeconds() - static_cast<double>(status.st_mtim.tv_sec) -
         static_cast<double>(status.st_mtim.tv_nsec) / 1e9;
}

/// The label's value in each of the descriptor's places; a label that is missing is empty, as it is
/// to Prometheus.
void Add(const MetricDesc& desc, const PageSample& sample, SampleSink& sink) {
  std::array<std::string_view, kMaxLabels> values{};
  for (size_t i = 0; i < desc.label_count(); ++i) {
    for (const PageLabel& label : sample.labels) {
      if (label.name == desc.labels[i]) values[i] = label.value;
    }
  }
  sink.Add(desc, sample.value, std::span(values).first(desc.label_count()));
}

bool IsOf(const PageSample& sample, std::string_view service) {
  return std::any_of(sample.labels.begin(), sample.labels.end(), [&](const PageLabel& label) {
    return label.name == "service" && label.value == service;
  });
}

std::vector<std::filesystem::path> FilesOf(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".prom") files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  if (files.size() > kMostFiles) files.resize(kMostFiles);
  return files;
}

}  // namespace

MetricTable BackupStatus::Metrics() { return kTable; }

void BackupStatus::Emit(SampleSink& sink) const {
  if (folder_.empty()) return;
  for (const std::filesystem::path& path : FilesOf(folder_)) {
    const std::string name = path.filename().string();
    const SampleSink::Mark before = sink.Position();
    const std::optional<std::string> text = ReadFile(path);
    Result<void> read;
    if (text) {
      read = ReadMetricsPage(*text, [&](const PageSample& sample) {
        const MetricDesc* desc = Find(sample.name);
        if (desc != nullptr && IsOf(sample, service_)) Add(*desc, sample, sink);
      });
    }
    const bool readable = text && read;
    if (!readable) sink.Rollback(before);
    sink.Add(kReadable, readable, {service_, name});
    sink.Add(kAge, AgeOf(path), {service_, name});
  }
}

}  // namespace replicawatch
