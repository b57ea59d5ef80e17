#include "common/net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>

#include <array>
#include <cstring>

namespace replicawatch {
namespace {

constexpr auto kKeepAnswer = std::chrono::seconds(30);
constexpr auto kKeepFailure = std::chrono::seconds(2);

bool IsNumeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> buffer{};
  return inet_pton(AF_INET, host.c_str(), buffer.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), buffer.data()) == 1;
}

Result<std::string> Resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0) {
    return Fail(ErrorCode::kConnect, "can't resolve " + host + ": " + gai_strerror(failed));
  }
  std::array<char, NI_MAXHOST> text{};
  const int failed = getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(),
                                 nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  if (failed != 0)
    return Fail(ErrorCode::kConnect, "can't resolve " + host + ": " + gai_strerror(failed));
  return std::string(text.data());
}

}  // namespace

Resolver::Resolver() : thread_([this] { Run(); }) {}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Resolver::Answer Resolver::Lookup(const std::string& host) {
  if (IsNumeric(host)) return {State::kDone, host};
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[host];
  const bool fresh = entry.answer.state == State::kDone && Clock::now() < entry.expires;
  if (!fresh && !entry.queued) {
    entry.queued = true;
    queue_.push_back(host);
    wake_.notify_all();
  }
  return entry.answer;
}

void Resolver::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    const std::string host = queue_.front();
    queue_.pop_front();
    lock.unlock();
    Result<std::string> address = Resolve(host);
    lock.lock();
    Entry& entry = entries_[host];
    entry.queued = false;
    entry.expires = Clock::now() + (address ? Duration(kKeepAnswer) : Duration(kKeepFailure));
    entry.answer = {State::kDone, std::move(address)};
  }
}

}  // namespace replicawatch
