#pragma once

#include <hiredis/hiredis.h>

#include <string_view>

#include "common/base/error.h"
#include "exporters/redis/parse/reply.h"

namespace replicawatch::redis {

/// hiredis's answer as a value.
Reply ToReply(const redisReply& raw);

/// One whole answer in RESP2, for recorded ones: fails on anything else, an incomplete one
/// included.
Result<Reply> DecodeReply(std::string_view bytes);

}  // namespace replicawatch::redis
