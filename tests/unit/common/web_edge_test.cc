// The parts of the web side that stand between a client and the handlers.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "common/web/basic_auth.h"
#include "common/web/connections.h"
#include "common/web/file_stamps.h"
#include "common/web/gate.h"
#include "common/web/listeners.h"
#include "common/web/rate_limit.h"

namespace replicawatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// "correct horse", cost 4, the least there is.
const std::string kHash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "web-edge-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

 private:
  std::string path_;
};

TEST_CASE("a hash is looked at before crypt() may take it for one of an older kind") {
  CHECK(FaultOfBcryptHash(kHash).empty());
  CHECK(FaultOfBcryptHash("$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi").empty());
  for (const char* bad : {"", "secret", "ab01FAX.bQRSU", "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0",
                          "$2x$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
                          "$2b$4$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
                          "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6",
                          "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6ee",
                          "$2b$04$abcdefghijklmnopqrstuujydOTSfIH:d5oUHpsygqV5X9xJLQc6e"}) {
    CAPTURE(bad);
    CHECK(FaultOfBcryptHash(bad).starts_with("this is no bcrypt hash"));
  }
  CHECK(FaultOfBcryptHash("$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e") ==
        "the cost of this hash is not from 4 to 15");
  CHECK_FALSE(
      FaultOfBcryptHash("$2b$00$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e").empty());
}

TEST_CASE("an Authorization header is taken apart, or refused") {
  const auto parsed = ParseBasicAuth("basic  am9lOmNvcnJlY3Q6aG9yc2U=");
  REQUIRE(parsed);
  CHECK(parsed->user == "joe");
  CHECK(parsed->password.Reveal() == "correct:horse");
  CHECK(ParseBasicAuth("Basic Og==")->user.empty());
  for (const char* bad : {"", "Basic", "Basic ", "Basic am9l", "Basic am9lO", "Basic !!!!",
                          "Bearer am9lOmE=", "Basic am9l=OmE", "Basic =", "Basic ===="}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseBasicAuth(bad));
  }
}

TEST_CASE("a password is right, or wrong, whoever is asked and however often") {
  const WebUsers users = {{"joe", kHash}};
  BasicAuth auth;
  const auto check = [&](const std::string& user, const std::string& password) {
    return auth.Check(users, {user, Secret(password)}, "127.0.0.1");
  };
  for (int round = 0; round < 2; ++round) {
    CHECK(check("joe", "correct horse") == BasicAuth::Answer::kGood);
    CHECK(check("joe", "correct hors") == BasicAuth::Answer::kBad);
    CHECK(check("joe", std::string("correct horse\0x", 15)) == BasicAuth::Answer::kBad);
    CHECK(check("joe", "") == BasicAuth::Answer::kBad);
    CHECK(check("ann", "correct horse") == BasicAuth::Answer::kBad);
    CHECK(check("ann", "fakepassword") == BasicAuth::Answer::kBad);
  }
  SUBCASE("and with another hash nothing that was remembered counts") {
    const WebUsers changed = {
        {"joe", "$2y$04$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"}};
    CHECK(auth.Check(changed, {"joe", Secret("correct horse")}, "x") == BasicAuth::Answer::kBad);
  }
  SUBCASE("nor do a thousand guesses push out who is known") {
    for (int i = 0; i < 1000; ++i) check("joe", std::to_string(i));
    // A cost that would take a day if it were worked out again.
    CHECK(check("joe", "correct horse") == BasicAuth::Answer::kGood);
  }
}

TEST_CASE("who guesses passwords from one address leaves room for others") {
  // Cost 12: a third of a second each.
  const WebUsers users = {{"joe", "$2y$12$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"}};
  BasicAuth auth;
  std::atomic<int> busy = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 24; ++i) {
      threads.emplace_back([&, i] {
        const auto answer = auth.Check(users, {"joe", Secret(std::to_string(i))}, "10.0.0.1");
        busy += answer == BasicAuth::Answer::kBusy;
      });
    }
  }
  CHECK(busy > 0);
  CHECK(busy <= 16);
}

TEST_CASE("a bucket gives what is in it, and a token each interval") {
  const TimePoint start{seconds(1000)};
  TokenBucket bucket({seconds(1), 3}, start);
  CHECK(bucket.Take(start));
  CHECK(bucket.Take(start));
  CHECK(bucket.Take(start));
  CHECK_FALSE(bucket.Take(start));
  CHECK_FALSE(bucket.Take(start + milliseconds(999)));
  CHECK(bucket.Take(start + seconds(1)));
  CHECK_FALSE(bucket.Take(start + seconds(1)));
  CHECK(bucket.Take(start + seconds(60)));
  CHECK(bucket.Take(start + seconds(60)));
  CHECK(bucket.Take(start + seconds(60)));
  CHECK_FALSE(bucket.Take(start + seconds(60)));
}

class SocketPair {
 public:
  SocketPair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0); }
  ~SocketPair() {
    close(ends_[0]);
    close(ends_[1]);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int fd() const { return ends_[0]; }
  void Say(std::string_view text) const {
    REQUIRE(write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  bool ShutDown() const {
    char byte = 0;
    return recv(ends_[1], &byte, 1, MSG_DONTWAIT) == 0;
  }
  bool WillBeShutDown() const {
    pollfd end{ends_[1], POLLIN, 0};
    return poll(&end, 1, 20'000) == 1 && ShutDown();
  }

 private:
  std::array<int, 2> ends_{};
};

using State = Connections::State;

TEST_CASE("the connection that waits for its client for the longest time makes room") {
  Connections connections(4, 1);
  const std::array<SocketPair, 5> sockets;
  for (size_t i = 0; i < 3; ++i) connections.Opened(sockets[i].fd());
  connections.Enter(State::kWorking, sockets[0].fd());
  connections.Opened(sockets[3].fd());
  CHECK_FALSE(sockets[0].ShutDown());
  CHECK(sockets[1].WillBeShutDown());
  // Answered a moment ago, so now it is number 2 that waits the longest.
  connections.Enter(State::kSending, sockets[0].fd());
  connections.Opened(sockets[4].fd());
  CHECK_FALSE(sockets[0].ShutDown());
  CHECK(sockets[2].WillBeShutDown());
  CHECK_FALSE(sockets[3].ShutDown());
  connections.Closing(sockets[1].fd());
  connections.Closing(sockets[2].fd());
  connections.Closing(1'000'000);
  CHECK(connections.open() == 3);
  connections.EvictAll();
  CHECK(sockets[0].ShutDown());
  CHECK(sockets[4].ShutDown());
}

TEST_CASE("a connection whose request has come does not make room, nor does one in the queue") {
  Connections connections(2, 0);
  const std::array<SocketPair, 4> sockets;
  for (size_t i = 0; i < 2; ++i) connections.Opened(sockets[i].fd());
  connections.Enter(State::kWorking, sockets[0].fd());
  sockets[1].Say("GET");
  connections.Opened(sockets[2].fd());
  connections.Opened(sockets[3].fd());
  for (const SocketPair& one : sockets) CHECK_FALSE(one.ShutDown());
  SUBCASE("until it does not take its answer") {
    connections.Enter(State::kSending, sockets[1].fd());
    CHECK(sockets[1].WillBeShutDown());
  }
  SUBCASE("until it is its turn and its client is silent, while another waits") {
    connections.Closing(sockets[0].fd());
    CHECK(sockets[2].WillBeShutDown());
    CHECK_FALSE(sockets[3].ShutDown());
  }
}

TEST_CASE("a change of a file is seen, whatever it is") {
  const Folder folder;
  const std::string path = folder.Write("a", "1");
  std::this_thread::sleep_for(milliseconds(30));  // until its time can't be that of a later writing
  const FileStamps stamps({path});
  CHECK_FALSE(stamps.Changed());
  SUBCASE("another size") { folder.Write("a", "12"); }
  SUBCASE("another content") { folder.Write("a", "2"); }
  SUBCASE("gone") { std::filesystem::remove(path); }
  SUBCASE("rights") { std::filesystem::permissions(path, std::filesystem::perms::owner_read); }
  CHECK(stamps.Changed());
}

TEST_CASE("a gate reads its file anew, and stays with what was good") {
  const Folder folder;
  const std::string path = folder.Write("web.yml", "basic_auth_users: {joe: \"" + kHash + "\"}\n");
  std::vector<bool> readings;
  auto gate = Gate::Open(path, [&](bool good) { readings.push_back(good); });
  REQUIRE(gate);
  CHECK_FALSE((*gate)->uses_tls());
  const auto status = [&](std::string_view authorization) {
    HttpRequest request;
    request.header = [&](std::string_view name) {
      return name == "Authorization" ? authorization : std::string_view();
    };
    return (*gate)
        ->Handle(request, [](const HttpRequest&) { return TextResponse(200, "in"); })
        .status;
  };
  constexpr std::string_view kJoe = "Basic am9lOmNvcnJlY3QgaG9yc2U=";
  CHECK(status("") == 401);
  CHECK(status(kJoe) == 200);
  folder.Write("web.yml", "basic_auth_users: {joe: \"plain\"}\n");
  CHECK(status("") == 401);
  CHECK(status(kJoe) == 200);
  CHECK_FALSE(readings.back());
  std::filesystem::remove(path);
  CHECK(status("") == 401);
  CHECK_FALSE(readings.back());
  folder.Write("web.yml", "rate_limit: {interval: 1h, burst: 2}\n");
  CHECK(status("") == 200);
  CHECK(readings.back());
  CHECK(status("") == 200);
  CHECK(status("") == 429);
  folder.Write("web.yml",
               "rate_limit: {interval: 1h, burst: 2}\n# read again, with the bucket as it was\n");
  CHECK(status("") == 429);
  CHECK(Gate::Open(path + ".none", [](bool) {}).error().message ==
        path + ".none: can't be read: No such file or directory");
}

TEST_CASE("addresses are listened on, and named when they can't be") {
  auto listeners = Listen({":0", "127.0.0.1:0", "localhost:0"});
  REQUIRE(listeners);
  REQUIRE(listeners->size() >= 3);
  const std::string taken = (*listeners)[1].Address();
  CHECK(taken.starts_with("127.0.0.1:"));
  CHECK((*listeners)[0].Address().starts_with(":"));
  CHECK(Listen({taken}).error().message == "can't listen on " + taken + ": Address already in use");
  for (const char* bad :
       {"9121", "", "host", "::1:9121", ":http", ":70000", "[::1]", ":-1", "a:b:1"}) {
    CAPTURE(bad);
    CHECK(Listen({bad}).error().message ==
          std::string("can't listen on ") + bad + ": write it as :PORT, HOST:PORT or [IPV6]:PORT");
  }
}

}  // namespace
}  // namespace replicawatch
