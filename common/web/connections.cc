#include "common/web/connections.h"

#include <sys/socket.h>

namespace replicawatch {

void Connections::Opened(int fd, const std::string& key) {
  const std::lock_guard lock(mutex_);
  // Those that were shut down will be gone as soon as their threads see it.
  if (open_.size() - evicted_ >= most_) EvictLocked();
  open_.insert_or_assign(fd, Connection{key, false, false, Clock::now()});
  fds_.insert_or_assign(key, fd);
}

Connections::Connection* Connections::Find(const std::string& key) {
  const auto fd = fds_.find(key);
  return fd == fds_.end() ? nullptr : &open_.at(fd->second);
}

void Connections::Working(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (Connection* connection = Find(key)) connection->working = true;
}

void Connections::Waiting(const std::string& key) {
  const std::lock_guard lock(mutex_);
  Connection* connection = Find(key);
  if (connection == nullptr) return;
  connection->working = false;
  connection->since = Clock::now();
}

void Connections::Closing(int fd) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(fd);
  if (found == open_.end()) return;
  if (found->second.evicted) --evicted_;
  const auto known = fds_.find(found->second.key);
  if (known != fds_.end() && known->second == fd) fds_.erase(known);
  open_.erase(found);
}

bool Connections::Evict() {
  const std::lock_guard lock(mutex_);
  return EvictLocked();
}

bool Connections::EvictLocked() {
  auto longest = open_.end();
  for (auto one = open_.begin(); one != open_.end(); ++one) {
    if (one->second.working || one->second.evicted) continue;
    if (longest == open_.end() || one->second.since < longest->second.since) longest = one;
  }
  if (longest == open_.end()) return false;
  // Its thread wakes, reads the end of the connection and closes it.
  shutdown(longest->first, SHUT_RDWR);
  longest->second.evicted = true;
  ++evicted_;
  return true;
}

size_t Connections::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace replicawatch
