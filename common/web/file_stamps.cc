#include "common/web/file_stamps.h"

#include <sys/stat.h>

#include <ctime>

namespace replicawatch {
namespace {

/// The kernel stamps files by a clock of at most 10 ms a tick.
constexpr long long kTickNs = 20'000'000;

long long Nanoseconds(const timespec& time) {
  return static_cast<long long>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileStamps::Stamp FileStamps::Take(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {true,
          found.st_dev,
          found.st_ino,
          found.st_size,
          Nanoseconds(found.st_mtim),
          Nanoseconds(found.st_ctim)};
}

FileStamps::FileStamps(const std::vector<std::string>& paths) : paths_(paths) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  for (const std::string& path : paths_) {
    stamps_.push_back(Take(path));
    const long long age = Nanoseconds(now) - stamps_.back().changed_ns;
    if (age >= 0 && age < kTickNs) settled_ = false;
  }
}

bool FileStamps::Changed() const {
  if (!settled_) return true;
  for (size_t i = 0; i < paths_.size(); ++i) {
    if (Take(paths_[i]) != stamps_[i]) return true;
  }
  return false;
}

}  // namespace replicawatch
