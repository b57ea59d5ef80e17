#include "common/net/http_client.h"

#include <doctest/doctest.h>

#include <mutex>
#include <optional>
#include <vector>

#include "common/base/digest.h"
#include "tests/unit/minio/fake_server.h"

namespace replicawatch {
namespace {

using minio::FakeServer;
using namespace std::chrono_literals;

/// Runs the client until the one transfer has ended.
Result<FetchReply> Get(HttpClient& client, const std::string& url, Duration limit = 5s,
                       const S3Key* key = nullptr) {
  std::optional<Result<FetchReply>> result;
  client.Start({url, key, Deadline::After(limit), 1000},
               [&](Result<FetchReply> reply) { result = std::move(reply); });
  const TimePoint give_up = Clock::now() + 20s;
  while (!result && Clock::now() < give_up) client.Run(give_up);
  REQUIRE(result);
  return *std::move(result);
}

Result<FetchReply> Send(HttpClient& client, const Fetch& fetch) {
  std::optional<Result<FetchReply>> result;
  client.Start(fetch, [&](Result<FetchReply> reply) { result = std::move(reply); });
  const TimePoint give_up = Clock::now() + 20s;
  while (!result && Clock::now() < give_up) client.Run(give_up);
  REQUIRE(result);
  return *std::move(result);
}

/// What arrives at a server: the request line and whether the body is part of what was signed.
TEST_CASE("http client: methods, bodies and tokens, one after the other on one handle") {
  std::mutex mutex;
  std::vector<std::string> requests;
  FakeServer server([&](const std::string& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    return FakeServer::Http(200, "", "");
  });
  HttpClient client({});
  const S3Key key{"access", Secret("hush"), "us-east-1"};
  const std::string url = server.url() + "/b/o";
  CHECK(Send(client, {.url = url,
                      .key = &key,
                      .deadline = Deadline::After(5s),
                      .method = HttpMethod::kPut,
                      .body = "abc\r\n\r\n"}));
  CHECK(Send(client, {.url = url, .deadline = Deadline::After(5s), .method = HttpMethod::kHead}));
  CHECK(Send(
      client,
      {.url = url, .key = &key, .deadline = Deadline::After(5s), .method = HttpMethod::kDelete}));
  CHECK(Send(client,
             {.url = url, .deadline = Deadline::After(5s), .bearer_token = Secret("token-1")}));
  CHECK(Send(client, {.url = url, .deadline = Deadline::After(5s)}));
  REQUIRE(requests.size() == 5);
  CHECK(requests[0].starts_with("PUT /b/o HTTP/1.1"));
  CHECK(requests[0].ends_with("\r\n\r\nabc\r\n\r\n"));
  CHECK(requests[0].find("x-amz-content-sha256: " + Sha256Hex("abc\r\n\r\n")) != std::string::npos);
  CHECK(requests[1].starts_with("HEAD /b/o "));
  CHECK(requests[2].starts_with("DELETE /b/o "));
  CHECK(requests[2].find("x-amz-content-sha256: " + Sha256Hex("")) != std::string::npos);
  CHECK(requests[2].find("Content-Type") == std::string::npos);
  CHECK(requests[3].starts_with("GET /b/o "));
  CHECK(requests[3].find("Authorization: Bearer token-1\r\n") != std::string::npos);
  CHECK(requests[4].find("Authorization") == std::string::npos);
}

TEST_CASE("http client: status, headers and body of any status, over one kept connection") {
  FakeServer server([](const std::string& request) {
    return FakeServer::Http(request.starts_with("GET /a ") ? 200 : 503, "X-One:  1 \r\n", "body");
  });
  HttpClient client({});
  const auto ok = Get(client, server.url() + "/a");
  REQUIRE(ok);
  CHECK(ok->status == 200);
  CHECK(ok->body == "body");
  CHECK(ok->headers.front() == std::pair<std::string, std::string>("X-One", "1"));
  CHECK(ok->sent <= ok->first);
  CHECK(ok->first <= ok->total);
  CHECK(Get(client, server.url() + "/b")->status == 503);
  CHECK(server.connections() == 1);
}

TEST_CASE("http client: failures become our codes") {
  struct Case {
    const char* answer;
    ErrorCode code;
  };
  HttpClient client({});
  for (const Case& c : std::initializer_list<Case>{
           {"-ERR unknown command 'GET'\r\n", ErrorCode::kProtocol},
           {"close", ErrorCode::kProtocol},
           {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", ErrorCode::kProtocol},
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ErrorCode::kProtocol},
           {"", ErrorCode::kTimeout},
           {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ErrorCode::kTimeout}}) {
    CAPTURE(c.answer);
    FakeServer server([&](const std::string&) { return c.answer; });
    const auto reply = Get(client, server.url() + "/", 200ms);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == c.code);
    CHECK_FALSE(reply.error().message.empty());
  }
  uint16_t closed_port = 0;
  {
    FakeServer gone([](const std::string&) { return ""; });
    closed_port = gone.port();
  }
  const auto refused = Get(client, "http://127.0.0.1:" + std::to_string(closed_port) + "/");
  CHECK(refused.error().code == ErrorCode::kConnect);
  CHECK(Get(client, "http://no-such-host.invalid/").error().code == ErrorCode::kConnect);
  CHECK(Get(client, "ftp://127.0.0.1/").error().code != ErrorCode::kTimeout);
}

TEST_CASE("http client: https on a plain port is a protocol error") {
  FakeServer server([](const std::string&) { return FakeServer::Http(200, "", ""); });
  HttpClient client({});
  const auto reply = Get(client, "https://" + server.name() + "/", 500ms);
  REQUIRE_FALSE(reply);
  // The fake waits for a request's end, which a TLS hello is not.
  CHECK((reply.error().code == ErrorCode::kProtocol || reply.error().code == ErrorCode::kTimeout));
}

TEST_CASE("http client: long bodies and heads are cut off, redirects are not followed") {
  HttpClient client({});
  FakeServer large([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
           "\r\n0\r\n\r\n";
  });
  CHECK(Get(client, large.url() + "/").error().code == ErrorCode::kLimit);
  FakeServer heads([](const std::string&) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 1000; ++i) head += "X-Header: " + std::string(90, 'x') + "\r\n";
    return head + "\r\n";
  });
  CHECK(Get(client, heads.url() + "/").error().code == ErrorCode::kLimit);
  FakeServer redirect([&](const std::string&) {
    return FakeServer::Http(302, "Location: " + large.url() + "/\r\n", "");
  });
  CHECK(Get(client, redirect.url() + "/")->status == 302);
}

TEST_CASE("http client: a signed request has the header that MinIO wants signed, and no secret") {
  std::string seen;
  FakeServer server([&](const std::string& request) {
    seen = request;
    return FakeServer::Http(200, "", "");
  });
  HttpClient client({});
  const S3Key key{"access", Secret("hush-hush"), "eu-1"};
  CHECK(Get(client, server.url() + "/minio/admin/v3/info", 5s, &key)->status == 200);
  CHECK(seen.find("Credential=access/") != std::string::npos);
  CHECK(seen.find("/eu-1/s3/aws4_request") != std::string::npos);
  CHECK(seen.find("x-amz-content-sha256;") != std::string::npos);
  CHECK(seen.find("hush") == std::string::npos);
  // The handle is used again, and signs nothing then.
  CHECK(Get(client, server.url() + "/")->status == 200);
  CHECK(seen.find("Authorization") == std::string::npos);
}

TEST_CASE("http client: a cancelled transfer calls nobody, Wake() ends the wait") {
  FakeServer server([](const std::string&) { return ""; });
  HttpClient client({});
  bool called = false;
  const auto id = client.Start({server.url() + "/", nullptr, Deadline::After(10s)},
                               [&](const Result<FetchReply>&) { called = true; });
  client.Run(Clock::now() + 20ms);
  client.Cancel(id);
  client.Cancel(id);
  const TimePoint start = Clock::now();
  std::thread waker([&] { client.Wake(); });
  client.Run(start + 10s);
  waker.join();
  CHECK(Clock::now() - start < 5s);
  CHECK_FALSE(called);
}

}  // namespace
}  // namespace replicawatch
