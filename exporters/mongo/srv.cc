#include "exporters/mongo/srv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace replicawatch::mongo {
namespace {

constexpr size_t kLongestAnswer = 65536;
constexpr size_t kMostSeeds = 50;  // members of a set

/// Calls `take` with each record of the type; false when the bytes are no answer.
template <class Take>
bool EachRecord(std::span<const uint8_t> answer, int type, const Take& take) {
  ns_msg message;
  if (ns_initparse(answer.data(), static_cast<int>(answer.size()), &message) != 0) return false;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return false;
    if (ns_rr_type(record) == type && !take(message, record)) return false;
  }
  return true;
}

/// "example.com" of "set.example.com": what the targets must end in.
std::string_view ParentOf(std::string_view host) {
  const size_t dot = host.find('.');
  return dot == std::string_view::npos ? std::string_view() : host.substr(dot);
}

bool EndsIn(std::string_view name, std::string_view end) {
  return name.size() > end.size() && EqualsIgnoreCase(name.substr(name.size() - end.size()), end);
}

/// A label of the name service may hold any bytes; a connection string is made of these names, in
/// which "evil/.example.com" would be the host "evil".
bool IsHostName(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<std::vector<uint8_t>> Query(const std::string& name, int type) {
  struct State : __res_state {
    State() : __res_state{} { ready = res_ninit(this) == 0; }
    ~State() {
      if (ready) res_nclose(this);
    }
    bool ready = false;
  } state;
  if (!state.ready) return Fail(ErrorCode::kInternal, "the resolver can't be set up");
  std::vector<uint8_t> answer(kLongestAnswer);
  const int size = res_nquery(&state, name.c_str(), ns_c_in, type, answer.data(),
                              static_cast<int>(answer.size()));
  if (size < 0) return Fail(ErrorCode::kConnect, name + ": " + hstrerror(state.res_h_errno));
  answer.resize(std::min(static_cast<size_t>(size), answer.size()));
  return answer;
}

}  // namespace

Result<std::vector<std::string>> ReadSrvRecords(std::span<const uint8_t> answer,
                                                std::string_view host) {
  std::vector<std::string> seeds;
  bool strays = false;
  const auto take = [&](const ns_msg& message, const ns_rr& record) {
    constexpr size_t kFixed = 6;  // priority, weight, port
    if (ns_rr_rdlen(record) <= kFixed || seeds.size() >= kMostSeeds) return false;
    const uint8_t* data = ns_rr_rdata(record);
    std::array<char, NS_MAXDNAME> target{};
    if (dn_expand(ns_msg_base(message), ns_msg_end(message), data + kFixed, target.data(),
                  static_cast<int>(target.size())) < 0)
      return false;
    if (!IsHostName(target.data())) return false;
    strays |= !EndsIn(target.data(), ParentOf(host));
    seeds.push_back(std::string(target.data()) + ":" + std::to_string(ns_get16(data + 4)));
    return true;
  };
  if (!EachRecord(answer, ns_t_srv, take))
    return Fail(ErrorCode::kProtocol, "the SRV records can't be read");
  if (strays) return Fail(ErrorCode::kProtocol, "a SRV record leads to another domain");
  if (seeds.empty()) return Fail(ErrorCode::kConnect, "there are no SRV records");
  return seeds;
}

Result<std::string> ReadTxtOptions(std::span<const uint8_t> answer) {
  std::string options;
  size_t records = 0;
  const auto take = [&](const ns_msg&, const ns_rr& record) {
    ++records;
    // Texts of up to 255 letters, each behind its length.
    std::span<const uint8_t> rest(ns_rr_rdata(record), ns_rr_rdlen(record));
    while (!rest.empty()) {
      const size_t size = rest[0];
      if (size + 1 > rest.size()) return false;
      options.append(rest.begin() + 1, rest.begin() + 1 + static_cast<ptrdiff_t>(size));
      rest = rest.subspan(size + 1);
    }
    return true;
  };
  if (!EachRecord(answer, ns_t_txt, take) || records > 1)
    return Fail(ErrorCode::kProtocol, "the TXT record can't be read, or there are several");
  std::string_view left = options;
  while (!left.empty()) {
    std::string_view value = CutAt(left, '&');
    const std::string_view name = CutAt(value, '=');
    if (!EqualsIgnoreCase(name, "authSource") && !EqualsIgnoreCase(name, "replicaSet"))
      return Fail(ErrorCode::kProtocol,
                  "the TXT record has another option than authSource and "
                  "replicaSet");
  }
  return options;
}

Result<SrvAnswer> LookUpSrv(const std::string& host) {
  const auto records = Query("_mongodb._tcp." + host, ns_t_srv);
  if (!records) return tl::unexpected(records.error());
  auto seeds = ReadSrvRecords(*records, host);
  if (!seeds) return tl::unexpected(seeds.error());
  // Most have no TXT record.
  const auto text = Query(host, ns_t_txt);
  if (!text) return SrvAnswer{std::move(*seeds), ""};
  auto options = ReadTxtOptions(*text);
  if (!options) return tl::unexpected(options.error());
  return SrvAnswer{std::move(*seeds), std::move(*options)};
}

}  // namespace replicawatch::mongo
