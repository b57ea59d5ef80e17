#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporters/mongo/session.h"

namespace replicawatch::mongo {

/// A node made of recorded answers and faults. Shared by the test and the sessions; thread-safe.
class FakeNode {
 public:
  /// The answer to a command, from now on.
  void Answer(const std::string& command, std::string bson) {
    const std::lock_guard lock(mutex_);
    answers_[command] = std::move(bson);
  }
  /// Every call fails with this, from now on; nothing ends it.
  void Fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  /// Sessions with the login fail with kAuth, from now on.
  void RefuseLogin(bool refuse) {
    const std::lock_guard lock(mutex_);
    refuse_login_ = refuse;
  }
  /// Calls get no answer until this is taken back.
  void Hang(bool hang) {
    {
      const std::lock_guard lock(mutex_);
      hang_ = hang;
    }
    let_go_.notify_all();
  }
  /// Returns when a call hangs.
  void AwaitHanging() {
    std::unique_lock lock(mutex_);
    hanging_changed_.wait(lock, [&] { return hanging_ > 0; });
  }

  Result<Reply> Run(const Command& command, bool with_login) {
    std::unique_lock lock(mutex_);
    calls_.push_back(std::string(with_login ? "login " : "") + command.name);
    if (hang_) {
      ++hanging_;
      hanging_changed_.notify_all();
      let_go_.wait(lock, [&] { return !hang_; });
      --hanging_;
    }
    if (error_) return tl::unexpected(*error_);
    if (with_login && refuse_login_) {
      return replicawatch::Fail(ErrorCode::kAuth, "Authentication failed.");
    }
    return Reply{answers_[command.name], Clock::now(), Clock::now()};
  }

  /// The commands since the last call of this, with "login " before those of sessions with login.
  std::vector<std::string> TakeCalls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> answers_;
  std::optional<Error> error_;
  bool refuse_login_ = false;
  bool hang_ = false;
  size_t hanging_ = 0;
  std::condition_variable let_go_;
  std::condition_variable hanging_changed_;
  std::vector<std::string> calls_;
};

class FakeSession : public Session {
 public:
  FakeSession(std::shared_ptr<FakeNode> node, bool with_login)
      : node_(std::move(node)), with_login_(with_login) {}
  Result<Reply> Run(const Command& command, Deadline) override {
    return node_->Run(command, with_login_);
  }

 private:
  const std::shared_ptr<FakeNode> node_;
  const bool with_login_;
};

inline SessionFactory FakeSessions(std::shared_ptr<FakeNode> node) {
  return [node](bool with_login) { return std::make_unique<FakeSession>(node, with_login); };
}

}  // namespace replicawatch::mongo
