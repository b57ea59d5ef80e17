#include "exporters/minio/session.h"

#include <memory>
#include <string_view>

namespace replicawatch::minio {
namespace {

struct Request {
  std::string_view path;
  bool is_signed;
  size_t max_bytes;
};

Request RequestFor(Query query) {
  // Health answers have no body; what a foreign server sends is not worth reading.
  constexpr size_t kSmall = 16 * 1024;
  // One drive takes a kilobyte or two, one server four.
  constexpr size_t kLarge = 32 * 1024 * 1024;
  switch (query) {
    case Query::kLive:
      return {"/minio/health/live", false, kSmall};
    case Query::kClusterWrite:
      return {"/minio/health/cluster", false, kSmall};
    case Query::kClusterRead:
      return {"/minio/health/cluster/read", false, kSmall};
    case Query::kStorageInfo:
      return {"/minio/admin/v3/storageinfo", true, kLarge};
    case Query::kServerInfo:
      return {"/minio/admin/v3/info", true, kLarge};
  }
  return {};
}

}  // namespace

Session::Session(HttpClient& client, NodeAddress address, const S3Key* key)
    : client_(client), address_(std::move(address)), key_(key) {}

Session::~Session() {
  for (const HttpClient::Id id : running_) client_.Cancel(id);
}

void Session::Ask(Query query, Deadline deadline, HttpClient::Done done) {
  const Request request = RequestFor(query);
  const Fetch fetch{address_.Url() + std::string(request.path), request.is_signed ? key_ : nullptr,
                    deadline, request.max_bytes};
  // The id is known only after the start; `done` is never called before that.
  auto id = std::make_shared<HttpClient::Id>(0);
  *id = client_.Start(fetch, [this, id, done = std::move(done)](Result<FetchReply> reply) {
    running_.erase(*id);
    done(std::move(reply));
  });
  running_.insert(*id);
}

}  // namespace replicawatch::minio
