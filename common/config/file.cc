#include "common/config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace replicawatch {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

Result<std::string> ReadFile(const std::string& path, size_t most) {
  const auto refuse = [&](const std::string& why) {
    return Fail(ErrorCode::kParse, path + ": can't be read: " + why);
  };
  const Descriptor file(path);
  struct stat found {};
  if (file.get() < 0 || fstat(file.get(), &found) != 0) return refuse(std::strerror(errno));
  // A folder has no text, and a pipe would be waited for.
  if (!S_ISREG(found.st_mode)) return refuse("it is no file");
  std::string text;
  std::array<char, 16384> part{};
  while (true) {
    const ssize_t size = read(file.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return refuse(std::strerror(errno));
    if (size == 0) return text;
    text.append(part.data(), static_cast<size_t>(size));
    if (text.size() > most)
      return Fail(ErrorCode::kLimit, path + ": is larger than " + std::to_string(most) + " bytes");
  }
}

}  // namespace replicawatch
