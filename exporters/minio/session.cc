#include "exporters/minio/session.h"

#include <memory>
#include <utility>

namespace replicawatch::minio {
Session::Session(HttpClient& client, NodeAddress address, const S3Key* key)
    : client_(client), address_(std::move(address)), key_(key) {}

Session::~Session() {
  for (const HttpClient::Id id : running_) client_.Cancel(id);
}

void Session::Ask(Request request, Deadline deadline, HttpClient::Done done) {
  const Fetch fetch{.url = address_.Url() + request.target,
                    .key = request.is_signed ? key_ : nullptr,
                    .deadline = deadline,
                    .max_bytes = request.max_bytes,
                    .method = request.method,
                    .body = std::move(request.body),
                    .bearer_token = std::move(request.bearer_token),
                    .any_certificate = request.any_certificate};
  // The id is known only after the start; `done` is never called before that.
  auto id = std::make_shared<HttpClient::Id>(0);
  *id = client_.Start(fetch, [this, id, done = std::move(done)](Result<FetchReply> reply) {
    running_.erase(*id);
    done(std::move(reply));
  });
  running_.insert(*id);
}

}  // namespace replicawatch::minio
