#include "common/app/self_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "common/base/deadline.h"
#include "common/base/text.h"
#include "common/base/version.h"

namespace replicawatch {
namespace {

constexpr auto kGauge = MetricType::kGauge;
constexpr auto kCounter = MetricType::kCounter;
constexpr auto kScope = Scope::kExporter;

enum Index : size_t {
  kBuildInfo,
  kRequests,
  kDuration,
  kScrapesInFlight,
  kScrapesShared,
  kScrapesRejected,
  kReloadSuccess,
  kReloadTime,
  kCpu,
  kResident,
  kVirtual,
  kOpenFds,
  kMaxFds,
  kStart,
  kThreads,
  kIndexSize,
};

// In the order of Index.
constexpr std::array<MetricDesc, kIndexSize> kTable = {{
    {"replicawatch_build_info",
     "Always 1; the labels say which build this is.",
     kGauge,
     "",
     kScope,
     {"version", "revision"},
     "the build"},
    {"replicawatch_http_requests_total",
     "Requests answered.",
     kCounter,
     "",
     kScope,
     {"path", "code"},
     "the web server"},
    {"replicawatch_http_request_duration_seconds",
     "Time to answer a request, without sending it.",
     MetricType::kHistogram,
     "seconds",
     kScope,
     {},
     "the web server"},
    {"replicawatch_http_scrapes_in_flight",
     "Scrapes admitted and not yet answered.",
     kGauge,
     "",
     kScope,
     {},
     "the coordinator"},
    {"replicawatch_http_scrapes_shared_total",
     "Scrapes that joined a collection that was already under way.",
     kCounter,
     "",
     kScope,
     {},
     "the coordinator"},
    {"replicawatch_http_scrapes_rejected_total",
     "Scrapes answered with 503 because too many were under way.",
     kCounter,
     "",
     kScope,
     {},
     "the coordinator"},
    {"replicawatch_config_reload_success",
     "1 if the file was good when it was last read; if not, what was good before is still in use.",
     kGauge,
     "",
     kScope,
     {"file"},
     "the file"},
    {"replicawatch_config_last_reload_success_timestamp_seconds",
     "When the file was last read and found good.",
     kGauge,
     "seconds",
     kScope,
     {"file"},
     "the file"},
    {"process_cpu_seconds_total",
     "Total user and system CPU time spent.",
     kCounter,
     "seconds",
     kScope,
     {},
     "getrusage"},
    {"process_resident_memory_bytes",
     "Resident memory size.",
     kGauge,
     "bytes",
     kScope,
     {},
     "/proc/self/stat"},
    {"process_virtual_memory_bytes",
     "Virtual memory size.",
     kGauge,
     "bytes",
     kScope,
     {},
     "/proc/self/stat"},
    {"process_open_fds",
     "Number of open file descriptors.",
     kGauge,
     "",
     kScope,
     {},
     "/proc/self/fd"},
    {"process_max_fds",
     "Maximum number of open file descriptors.",
     kGauge,
     "",
     kScope,
     {},
     "getrlimit"},
    {"process_start_time_seconds",
     "Start time of the process since the Unix epoch.",
     kGauge,
     "seconds",
     kScope,
     {},
     "the clock at start"},
    {"process_threads",
     "Number of threads in the process.",
     kGauge,
     "",
     kScope,
     {},
     "/proc/self/stat"},
}};

const prometheus::Histogram::BucketBoundaries kBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

const double kStartTime = UnixSeconds();

/// Opened before the process forbids to be dumped: from then on only root may open it.
DIR* const kFdFolder = opendir("/proc/self/fd");

std::optional<double> CountOpenFds() {
  struct stat folder {};
  // Since Linux 6.2 its size is the number of entries.
  if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
    return static_cast<double>(folder.st_size);
  if (kFdFolder == nullptr) return std::nullopt;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  rewinddir(kFdFolder);
  double count = 0;
  while (const dirent* entry = readdir(kFdFolder)) count += entry->d_name[0] != '.';
  return count;
}

/// What proc(5) counts as field 20, 23 and 24 of /proc/self/stat.
void EmitStat(SampleSink& sink) {
  std::array<char, 1024> buffer{};
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  close(fd);
  std::string_view rest(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0);
  // Field 2 is the program's name in brackets, which may hold spaces.
  rest.remove_prefix(std::min(rest.rfind(')') + 1, rest.size()));
  std::array<std::optional<double>, 25> fields;
  for (size_t i = 2; i < fields.size(); ++i) fields[i] = ParseDouble(CutAt(rest, ' '));
  sink.Add(kTable[kThreads], fields[20]);
  sink.Add(kTable[kVirtual], fields[23]);
  if (fields[24])
    sink.Add(kTable[kResident], *fields[24] * static_cast<double>(sysconf(_SC_PAGESIZE)));
}

void EmitProcess(SampleSink& sink) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    sink.Add(kTable[kCpu], seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  EmitStat(sink);
  sink.Add(kTable[kOpenFds], CountOpenFds());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    sink.Add(kTable[kMaxFds], static_cast<double>(limit.rlim_cur));
  sink.Add(kTable[kStart], kStartTime);
}

std::string_view LabelValue(const prometheus::ClientMetric& metric, std::string_view name) {
  for (const prometheus::ClientMetric::Label& label : metric.label) {
    if (label.name == name) return label.value;
  }
  return {};
}

void EmitHistogram(const prometheus::ClientMetric::Histogram& histogram, SampleSink& sink) {
  std::vector<SampleSink::Bucket> buckets;
  for (const auto& bucket : histogram.bucket) {
    // prometheus-cpp gives the +Inf bucket too; the sink makes it from the count.
    if (buckets.size() < kBuckets.size()) {
      buckets.push_back({bucket.upper_bound, static_cast<double>(bucket.cumulative_count)});
    }
  }
  sink.AddHistogram(kTable[kDuration], buckets, histogram.sample_sum,
                    static_cast<double>(histogram.sample_count));
}

}  // namespace

SelfMetrics::SelfMetrics()
    : requests_(prometheus::BuildCounter().Name("requests").Register(registry_)),
      duration_(
          prometheus::BuildHistogram().Name("duration").Register(registry_).Add({}, kBuckets)) {}

MetricTable SelfMetrics::Metrics() { return kTable; }

void SelfMetrics::CountRequest(const std::string& path, int status, double seconds) {
  requests_.Add({{"path", path}, {"code", std::to_string(status)}}).Increment();
  duration_.Observe(seconds);
}

void SelfMetrics::CountReading(const std::string& file, bool good) {
  const std::lock_guard lock(readings_mutex_);
  Reading& reading = readings_[file];
  reading.good = good;
  if (good) reading.last_good = UnixSeconds();
}

void SelfMetrics::EmitReadings(SampleSink& sink) const {
  const std::lock_guard lock(readings_mutex_);
  for (const auto& [file, reading] : readings_) {
    sink.Add(kTable[kReloadSuccess], reading.good ? 1 : 0, {file});
    if (reading.last_good > 0) sink.Add(kTable[kReloadTime], reading.last_good, {file});
  }
}

void SelfMetrics::Emit(const Coordinator::Counts& scrapes, SampleSink& sink) const {
  sink.Add(kTable[kBuildInfo], 1, {Version(), Revision()});
  for (const prometheus::MetricFamily& family : registry_.Collect()) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (family.type == prometheus::MetricType::Histogram) {
        EmitHistogram(metric.histogram, sink);
      } else {
        sink.Add(kTable[kRequests], metric.counter.value,
                 {LabelValue(metric, "path"), LabelValue(metric, "code")});
      }
    }
  }
  sink.Add(kTable[kScrapesInFlight], static_cast<double>(scrapes.in_flight));
  sink.Add(kTable[kScrapesShared], static_cast<double>(scrapes.joined));
  sink.Add(kTable[kScrapesRejected], static_cast<double>(scrapes.rejected));
  EmitReadings(sink);
  EmitProcess(sink);
}

}  // namespace replicawatch
