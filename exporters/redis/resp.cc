#include "exporters/redis/resp.h"

#include <utility>

namespace replicawatch::redis {
namespace {

/// Deeper than any answer that is asked for; a broken peer must not overflow our stack.
constexpr int kMaxDepth = 8;

/// The place that hiredis reads into: a new answer, or the next element of the list that it is
/// reading. A list grows only while none of its elements is being read, so the pointers that
/// hiredis holds stay good, whatever number of elements the peer has announced.
Reply* Place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply;
  return &static_cast<Reply*>(task->parent->obj)->elements.emplace_back();
}

void* CreateText(const redisReadTask* task, char* text, size_t size) {
  Reply* reply = Place(task);
  reply->kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::kError : Reply::Kind::kText;
  reply->text.assign(text, size);
  return reply;
}

void* CreateArray(const redisReadTask* task, size_t) {
  int depth = 0;
  for (const redisReadTask* outer = task->parent; outer != nullptr; outer = outer->parent) ++depth;
  if (depth >= kMaxDepth) return nullptr;
  Reply* reply = Place(task);
  reply->kind = Reply::Kind::kArray;
  return reply;
}

void* CreateInteger(const redisReadTask* task, long long value) {
  Reply* reply = Place(task);
  reply->kind = Reply::Kind::kInteger;
  reply->integer = value;
  return reply;
}

// Doubles and booleans are of RESP3, which is never asked for.
void* CreateDouble(const redisReadTask* task, double, char* text, size_t size) {
  return CreateText(task, text, size);
}
void* CreateBool(const redisReadTask* task, int value) { return CreateInteger(task, value); }

void* CreateNil(const redisReadTask* task) { return Place(task); }

void Free(void* reply) { delete static_cast<Reply*>(reply); }

// hiredis wants it mutable and does not change it.
redisReplyObjectFunctions reply_functions = {CreateText, CreateArray, CreateInteger, CreateDouble,
                                             CreateNil,  CreateBool,  Free};

}  // namespace

void BuildReplies(redisReader& reader) { reader.fn = &reply_functions; }

Result<std::unique_ptr<Reply>> TakeReply(redisReader& reader) {
  void* taken = nullptr;
  if (redisReaderGetReply(&reader, &taken) != REDIS_OK)
    return Fail(ErrorCode::kProtocol, "no RESP");
  return std::unique_ptr<Reply>(static_cast<Reply*>(taken));
}

Result<Reply> DecodeReply(std::string_view bytes) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(),
                                                                    redisReaderFree);
  BuildReplies(*reader);
  if (redisReaderFeed(reader.get(), bytes.data(), bytes.size()) != REDIS_OK)
    return Fail(ErrorCode::kProtocol, "no RESP");
  Result<std::unique_ptr<Reply>> reply = TakeReply(*reader);
  if (!reply) return tl::unexpected(reply.error());
  if (*reply == nullptr) return Fail(ErrorCode::kParse, "the answer is incomplete");
  return std::move(**reply);
}

}  // namespace replicawatch::redis
