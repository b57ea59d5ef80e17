#include "common/net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <system_error>

#include "common/base/digest.h"
#include "common/base/text.h"

namespace replicawatch {
namespace {

/// Idle handles that are kept for the next transfers: each holds some ten kilobytes.
constexpr size_t kIdleHandles = 64;
/// Idle connections. The default, four times the transfers under way, would close those of a large
/// deployment when a round of requests ends.
constexpr long kIdleConnections = 256;
/// More than any server of ours sends; a bound against one that sends headers without end.
constexpr size_t kMaxHeaderBytes = 32 * 1024;

/// Bounds what the caller may ask for, which can be "for ever".
constexpr auto kLongestWait = std::chrono::minutes(1);

// CURL and CURLM are both void to the compiler, so that each needs a deleter of its own.
struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyPtr = std::unique_ptr<CURL, EasyDeleter>;
using MultiPtr = std::unique_ptr<CURLM, MultiDeleter>;
using ListPtr = std::unique_ptr<curl_slist, ListDeleter>;

/// The library's own state, once a process; never taken down, as other threads may still use it.
void InitCurl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (done != CURLE_OK) throw std::runtime_error("libcurl can't be initialised");
}

ErrorCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return ErrorCode::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kTimeout;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_URL_MALFORMAT:
      return ErrorCode::kInternal;
    default:
      // HTTP/0.9, weird replies, TLS to a plain port, resets, partial bodies.
      return ErrorCode::kProtocol;
  }
}

Duration Microseconds(CURL* easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return std::chrono::microseconds(value);
}

/// libcurl 7.88 does not send this header by itself, and MinIO's admin API answers 403 AccessDenied
/// without it.
std::string BodyHashHeader(const std::string& body) {
  return "x-amz-content-sha256: " + Sha256Hex(body);
}

const char* MethodName(HttpMethod method) {
  switch (method) {
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kDelete:
      return "DELETE";
    case HttpMethod::kGet:
    case HttpMethod::kHead:
      return nullptr;  // libcurl's own
  }
  return nullptr;
}

/// The earliest end of the certificates that the server showed. A kept connection shows none.
std::optional<int64_t> CertificateEnd(CURL* easy) {
  constexpr std::string_view kField = "Expire date:";
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr) return {};
  std::optional<int64_t> earliest;
  for (int i = 0; i < chain->num_of_certs; ++i) {
    for (const curl_slist* line = chain->certinfo[i]; line != nullptr; line = line->next) {
      const std::string_view text = line->data;
      if (!text.starts_with(kField)) continue;
      const time_t end = curl_getdate(line->data + kField.size(), nullptr);
      if (end > 0 && (!earliest || end < *earliest)) earliest = end;
    }
  }
  return earliest;
}

struct Transfer {
  HttpClient::Id id = 0;
  HttpClient::Done done;
  EasyPtr easy;
  ListPtr headers;
  size_t max_bytes = 0;
  size_t header_bytes = 0;
  bool over_limit = false;
  FetchReply reply;
  char error_text[CURL_ERROR_SIZE] = {};
};

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  // CURLOPT_MAXFILESIZE of 7.88 misses bodies without a Content-Length.
  if (transfer.reply.body.size() + bytes > transfer.max_bytes) {
    transfer.over_limit = true;
    return 0;
  }
  transfer.reply.body.append(data, bytes);
  return bytes;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.over_limit = true;
    return 0;
  }
  std::string_view value(data, bytes);
  if (value.starts_with("HTTP/")) {
    transfer.reply.headers.clear();  // an interim answer came before this one
    return bytes;
  }
  const std::string_view name = CutAt(value, ':');
  if (name.size() == bytes) return bytes;
  transfer.reply.headers.emplace_back(TrimSpace(name), TrimSpace(value));
  return bytes;
}

}  // namespace

struct HttpClient::Impl {
  explicit Impl(Options o) : options(std::move(o)) {
    InitCurl();
    multi.reset(curl_multi_init());
    if (!multi) throw std::runtime_error("libcurl has no memory");
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
  }

  EasyPtr TakeHandle();
  void Prepare(Transfer& transfer, const Fetch& fetch);
  void Finish(CURL* easy, CURLcode code);
  bool ReadMessages();

  const Options options;
  MultiPtr multi;
  std::vector<EasyPtr> idle;
  std::map<CURL*, std::unique_ptr<Transfer>> running;
  Id last_id = 0;
};

namespace {

void AddHeader(Transfer& transfer, const std::string& line) {
  curl_slist* longer = curl_slist_append(transfer.headers.get(), line.c_str());
  if (longer == nullptr) throw std::runtime_error("libcurl has no memory");
  (void)transfer.headers.release();
  transfer.headers.reset(longer);
}

/// All of it is set each time: the handle may have served another request.
void PrepareMethod(Transfer& transfer, const Fetch& fetch) {
  CURL* handle = transfer.easy.get();
  curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(handle, CURLOPT_NOBODY, fetch.method == HttpMethod::kHead ? 1L : 0L);
  if (fetch.method == HttpMethod::kPut || fetch.method == HttpMethod::kPost) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(fetch.body.size()));
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, fetch.body.data());
    AddHeader(transfer, "Content-Type: application/octet-stream");
  }
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, MethodName(fetch.method));
}

void PrepareCertificates(CURL* handle, const Fetch& fetch) {
  const long on_its_own = fetch.any_certificate ? 1 : 0;
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, on_its_own);
  curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, on_its_own);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1 - on_its_own);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2 * (1 - on_its_own));
}

void PrepareCredentials(Transfer& transfer, const Fetch& fetch) {
  CURL* handle = transfer.easy.get();
  curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, nullptr);
  curl_easy_setopt(handle, CURLOPT_USERNAME, nullptr);
  curl_easy_setopt(handle, CURLOPT_PASSWORD, nullptr);
  if (fetch.any_certificate) return;
  if (!fetch.bearer_token.empty()) {
    AddHeader(transfer, "Authorization: Bearer " + std::string(fetch.bearer_token.Reveal()));
  }
  if (fetch.key == nullptr) return;
  const std::string provider = "aws:amz:" + fetch.key->region + ":s3";
  curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, provider.c_str());
  curl_easy_setopt(handle, CURLOPT_USERNAME, fetch.key->access_key.c_str());
  curl_easy_setopt(handle, CURLOPT_PASSWORD, std::string(fetch.key->secret_key.Reveal()).c_str());
  AddHeader(transfer, BodyHashHeader(fetch.body));
}

}  // namespace

EasyPtr HttpClient::Impl::TakeHandle() {
  if (!idle.empty()) {
    EasyPtr easy = std::move(idle.back());
    idle.pop_back();
    return easy;
  }
  EasyPtr easy(curl_easy_init());
  if (!easy) throw std::runtime_error("libcurl has no memory");
  CURL* handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_PROXY,
                   "");  // members are asked directly, whatever http_proxy is
  curl_easy_setopt(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "replicawatch");
  // Without it the end of a transfer whose name look-up hangs would wait for the look-up's thread.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(handle, CURLOPT_CERTINFO, 1L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeader);
  return easy;
}

void HttpClient::Impl::Prepare(Transfer& transfer, const Fetch& fetch) {
  CURL* handle = transfer.easy.get();
  transfer.max_bytes = fetch.max_bytes;
  curl_easy_setopt(handle, CURLOPT_URL, fetch.url.c_str());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max(1, fetch.deadline.RemainingMs())));
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer.error_text);
  PrepareMethod(transfer, fetch);
  PrepareCertificates(handle, fetch);
  PrepareCredentials(transfer, fetch);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer.headers.get());
}

void HttpClient::Impl::Finish(CURL* easy, CURLcode code) {
  const auto found = running.find(easy);
  if (found == running.end()) return;
  std::unique_ptr<Transfer> transfer = std::move(found->second);
  running.erase(found);
  FetchReply& reply = transfer->reply;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  reply.sent = Microseconds(easy, CURLINFO_PRETRANSFER_TIME_T);
  reply.first = Microseconds(easy, CURLINFO_STARTTRANSFER_TIME_T);
  reply.total = Microseconds(easy, CURLINFO_TOTAL_TIME_T);
  reply.certificate_end = CertificateEnd(easy);
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  curl_multi_remove_handle(multi.get(), easy);
  if (idle.size() < kIdleHandles) idle.push_back(std::move(transfer->easy));

  if (transfer->over_limit) {
    transfer->done(Fail(ErrorCode::kLimit, "the answer is longer than " +
                                               std::to_string(transfer->max_bytes) + " bytes"));
  } else if (code != CURLE_OK) {
    std::string message =
        transfer->error_text[0] != '\0' ? transfer->error_text : curl_easy_strerror(code);
    // libcurl's own text says after how many milliseconds: each try would have another one.
    if (code == CURLE_COULDNT_CONNECT && os_error != 0)
      message = "can't connect: " + std::system_category().message(static_cast<int>(os_error));
    transfer->done(Fail(CodeOf(code), std::move(message)));
  } else {
    transfer->done(std::move(reply));
  }
}

/// True when a transfer has ended.
bool HttpClient::Impl::ReadMessages() {
  int left = 0;
  bool ended = false;
  // Ended transfers are taken out one by one: `done` may start or cancel others.
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Finish(message->easy_handle, message->data.result);
    ended = true;
  }
  return ended;
}

HttpClient::HttpClient(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpClient::~HttpClient() {
  for (const auto& [easy, transfer] : impl_->running) {
    curl_multi_remove_handle(impl_->multi.get(), easy);
  }
  impl_->running.clear();
  impl_->idle.clear();
}

HttpClient::Id HttpClient::Start(const Fetch& fetch, Done done) {
  auto transfer = std::make_unique<Transfer>();
  const Id id = ++impl_->last_id;
  transfer->id = id;
  transfer->done = std::move(done);
  transfer->easy = impl_->TakeHandle();
  impl_->Prepare(*transfer, fetch);
  CURL* easy = transfer->easy.get();
  impl_->running.emplace(easy, std::move(transfer));
  curl_multi_add_handle(impl_->multi.get(), easy);
  return id;
}

void HttpClient::Cancel(Id id) {
  const auto found = std::find_if(impl_->running.begin(), impl_->running.end(),
                                  [&](const auto& entry) { return entry.second->id == id; });
  if (found == impl_->running.end()) return;
  curl_multi_remove_handle(impl_->multi.get(), found->first);
  impl_->running.erase(found);
}

void HttpClient::Run(TimePoint until) {
  CURLM* multi = impl_->multi.get();
  int running = 0;
  curl_multi_perform(multi, &running);
  if (impl_->ReadMessages()) return;
  const TimePoint latest = Clock::now() + kLongestWait;
  curl_multi_poll(multi, nullptr, 0, Deadline::At(std::min(until, latest)).RemainingMs(), nullptr);
  curl_multi_perform(multi, &running);
  impl_->ReadMessages();
}

void HttpClient::Wake() { curl_multi_wakeup(impl_->multi.get()); }

}  // namespace replicawatch
