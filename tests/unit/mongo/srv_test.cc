#include "exporters/mongo/srv.h"

#include <doctest/doctest.h>

namespace replicawatch::mongo {
namespace {

using Bytes = std::vector<uint8_t>;

void Put16(Bytes& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void PutName(Bytes& out, std::string_view name) {
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('.'));
    out.push_back(static_cast<uint8_t>(part.size()));
    out.insert(out.end(), part.begin(), part.end());
    name.remove_prefix(std::min(part.size() + 1, name.size()));
  }
  out.push_back(0);
}

/// An answer of the name service, composed by hand: one question, and these records to it.
Bytes Answer(int type, const std::vector<Bytes>& records) {
  Bytes out = {0, 1, 0x85, 0x80};
  for (const size_t count : {size_t{1}, records.size(), size_t{0}, size_t{0}}) Put16(out, count);
  PutName(out, "q.example.com");
  Put16(out, static_cast<size_t>(type));
  Put16(out, 1);
  for (const Bytes& data : records) {
    Put16(out, 0xc00c);  // the question's name
    Put16(out, static_cast<size_t>(type));
    Put16(out, 1);
    Put16(out, 0);
    Put16(out, 60);
    Put16(out, data.size());
    out.insert(out.end(), data.begin(), data.end());
  }
  return out;
}

constexpr int kTxt = 16;
constexpr int kSrv = 33;

Bytes Srv(std::string_view target, size_t port) {
  Bytes data;
  for (const size_t value : {size_t{0}, size_t{0}, port}) Put16(data, value);
  PutName(data, target);
  return data;
}

Bytes Txt(std::string_view text) {
  Bytes data = {static_cast<uint8_t>(text.size())};
  data.insert(data.end(), text.begin(), text.end());
  return data;
}

TEST_CASE("SRV records name the seeds") {
  const Bytes two = Answer(kSrv, {Srv("a.example.com", 27017), Srv("b.sub.example.com", 27018)});
  const auto seeds = ReadSrvRecords(two, "shop.example.com");
  REQUIRE(seeds);
  CHECK(*seeds == std::vector<std::string>{"a.example.com:27017", "b.sub.example.com:27018"});
  // Other domains could take the login.
  for (const char* target : {"a.example.org", "badexample.com", "example.com.evil.net"})
    CHECK(ReadSrvRecords(Answer(kSrv, {Srv(target, 1)}), "shop.example.com").error().code ==
          ErrorCode::kProtocol);
  // A connection string is made of the name: this one would lead to another host.
  for (const char* target : {"evil/.example.com", "evil:1/?.example.com", "a@b.example.com",
                             "evil,a.example.com", "e%2f.example.com"})
    CHECK(ReadSrvRecords(Answer(kSrv, {Srv(target, 1)}), "shop.example.com").error().code ==
          ErrorCode::kProtocol);
  CHECK(ReadSrvRecords(Answer(kSrv, {}), "shop.example.com").error().code == ErrorCode::kConnect);
  for (size_t size = 0; size < two.size(); ++size)
    CHECK_FALSE(ReadSrvRecords(std::span(two).first(size), "shop.example.com"));
}

TEST_CASE("a TXT record may have two options") {
  CHECK(ReadTxtOptions(Answer(kTxt, {Txt("authSource=a&replicaSet=b")})) ==
        "authSource=a&replicaSet=b");
  Bytes parts = Txt("authSource");
  for (const uint8_t byte : Txt("=a")) parts.push_back(byte);
  CHECK(ReadTxtOptions(Answer(kTxt, {parts})) == "authSource=a");
  CHECK(ReadTxtOptions(Answer(kTxt, {})) == "");
  CHECK_FALSE(ReadTxtOptions(Answer(kTxt, {Txt("tls=false")})));
  CHECK_FALSE(ReadTxtOptions(Answer(kTxt, {Txt("authSource=a"), Txt("replicaSet=b")})));
  CHECK_FALSE(ReadTxtOptions(Answer(kTxt, {{9, 'a'}})));
}

}  // namespace
}  // namespace replicawatch::mongo
