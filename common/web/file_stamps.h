#pragma once

#include <string>
#include <vector>

namespace replicawatch {

/// Tells whether files may have changed since they were read: by what stat() says of them. Take the
/// stamps before reading. A value; not thread-safe.
class FileStamps {
 public:
  FileStamps() = default;
  explicit FileStamps(const std::vector<std::string>& paths);

  /// A file has another time, size or inode than before, is gone, or came. Also true for a while
  /// after a file was written: within one tick of the file system's clock a second writing would
  /// not show.
  bool Changed() const;

 private:
  struct Stamp {
    bool exists = false;
    unsigned long device = 0;
    unsigned long inode = 0;
    long size = 0;
    long long modified_ns = 0;
    long long changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp Take(const std::string& path);

  std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;
  bool settled_ = true;
};

}  // namespace replicawatch
