#include "common/web/connections.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>
#include <iterator>

namespace replicawatch {
namespace {

/// A thread that has read a request takes a moment to say so.
constexpr auto kMoment = std::chrono::milliseconds(10);

}  // namespace

Connections::Connections(size_t threads, size_t free_threads)
    : threads_(threads),
      most_(threads - free_threads),
      keeper_([this](const std::stop_token& stop) { KeepRoom(stop); }) {}

void Connections::Opened(int fd) {
  const std::lock_guard lock(mutex_);
  const uint64_t number = next_++;
  open_.emplace(number, Connection{fd, State::kReading, false, false, Clock::now()});
  by_fd_.insert_or_assign(fd, number);
  MakeRoom();
}

void Connections::Enter(State state, int fd) {
  const std::lock_guard lock(mutex_);
  const auto number = by_fd_.find(fd);
  if (number == by_fd_.end()) return;
  Connection& connection = open_.at(number->second);
  if (connection.state == State::kSending) connection.answered = true;
  connection.state = state;
  connection.since = Clock::now();
  if (state != State::kWorking) MakeRoom();
}

void Connections::Closing(int fd) {
  const std::lock_guard lock(mutex_);
  const auto found = by_fd_.find(fd);
  if (found == by_fd_.end()) return;
  const auto closed = open_.find(found->second);
  if (closed->second.evicted) --evicted_;
  by_fd_.erase(found);
  open_.erase(closed);
  if (open_.size() < threads_) return;
  // The first of the queue gets the thread: so far it waited for us.
  std::next(open_.begin(), static_cast<std::ptrdiff_t>(threads_ - 1))->second.since = Clock::now();
  MakeRoom();
}

bool Connections::WaitsForClient(const Connection& connection) {
  if (connection.evicted || connection.state == State::kWorking) return false;
  if (connection.state == State::kSending) return true;
  int unread = 0;
  return ioctl(connection.fd, FIONREAD, &unread) != 0 || unread == 0;
}

bool Connections::EvictLocked(TimePoint waiting_since) {
  Connection* longest = nullptr;
  size_t threads = threads_;
  for (auto& [number, connection] : open_) {
    if (threads-- == 0) break;  // the rest has no thread that could be freed
    if (connection.since > (longest == nullptr ? waiting_since : longest->since)) continue;
    if (WaitsForClient(connection)) longest = &connection;
  }
  if (longest == nullptr) return false;
  Shutdown(*longest);
  return true;
}

/// Its thread wakes, reads the end of the connection and closes it.
void Connections::Shutdown(Connection& connection) {
  shutdown(connection.fd, SHUT_RDWR);
  connection.evicted = true;
  ++evicted_;
}

void Connections::MakeRoom() {
  while (Crowded() && EvictLocked(Clock::now() - kMoment)) {
  }
  if (Crowded()) crowded_.notify_one();
}

/// Those that wait in the queue can't count on an event that would make room for them.
void Connections::KeepRoom(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (crowded_.wait(lock, stop, [this] { return Crowded(); }) && !stop.stop_requested()) {
    crowded_.wait_for(lock, stop, kMoment, [] { return false; });
    while (Crowded() && EvictLocked(Clock::now() - kMoment)) {
    }
  }
}

void Connections::Evict() {
  const std::lock_guard lock(mutex_);
  EvictLocked(Clock::now());
}

void Connections::EvictAll() {
  const std::lock_guard lock(mutex_);
  while (EvictLocked(Clock::now())) {
  }
}

/// Whether there is no other.
bool Connections::EvictAnswered() {
  const std::lock_guard lock(mutex_);
  for (auto& [number, connection] : open_) {
    if (connection.state == State::kReading && connection.answered && WaitsForClient(connection))
      Shutdown(connection);
  }
  return open_.size() == evicted_;
}

void Connections::WaitUntilAnswered(Deadline deadline) {
  while (!EvictAnswered() && !deadline.Expired()) std::this_thread::sleep_for(kMoment);
}

size_t Connections::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace replicawatch
