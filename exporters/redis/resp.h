#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <optional>
#include <string_view>

#include "common/base/error.h"
#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// Makes hiredis build each answer as a Reply in one go: the Sentinels' lists have hundreds of
/// texts, and building hiredis's own tree first took half of a scrape's work. Call before the first
/// byte is read; from then on take the answers with TakeReply() only.
void BuildReplies(redisReader& reader);

/// The next whole answer that the reader has; null when it needs more bytes. Fails when the bytes
/// are no RESP, from then on always.
Result<std::unique_ptr<Reply>> TakeReply(redisReader& reader);

/// One whole answer in RESP2, for recorded ones: fails on anything else, an incomplete one
/// included.
Result<Reply> DecodeReply(std::string_view bytes);

}  // namespace replicawatch::redis
