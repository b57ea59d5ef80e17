#include "exporters/mongo/parse/document.h"

#include <cmath>

namespace replicawatch::mongo {
namespace {

constexpr size_t kObjectIdSize = 12;
constexpr size_t kObjectIdTail = 8;
/// The largest doubles that fit into an int64_t.
constexpr double kInt64Limit = 9.2e18;

}  // namespace

Result<Document> Document::Parse(std::string_view bytes) {
  const Document document(bytes);
  bson_iter_t iter;
  if (!document.Begin(iter)) return Fail(ErrorCode::kParse, "not a BSON document");
  while (bson_iter_next(&iter)) {
  }
  if (iter.err_off != 0) return Fail(ErrorCode::kParse, "broken BSON document");
  return document;
}

bool Document::Begin(bson_iter_t& iter) const {
  return bson_iter_init_from_data(&iter, reinterpret_cast<const uint8_t*>(bytes_.data()),
                                  bytes_.size());
}

bool Document::Find(const char* key, bson_iter_t& iter) const {
  return Begin(iter) && bson_iter_find(&iter, key);
}

bool Document::Has(const char* key) const {
  bson_iter_t iter;
  return Find(key, iter);
}

std::optional<double> Document::Number(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter)) return std::nullopt;
  if (BSON_ITER_HOLDS_DOUBLE(&iter)) return bson_iter_double(&iter);
  if (BSON_ITER_HOLDS_INT32(&iter)) return bson_iter_int32(&iter);
  if (BSON_ITER_HOLDS_INT64(&iter)) return static_cast<double>(bson_iter_int64(&iter));
  return std::nullopt;
}

std::optional<int64_t> Document::Int(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter)) return std::nullopt;
  if (BSON_ITER_HOLDS_INT32(&iter)) return bson_iter_int32(&iter);
  if (BSON_ITER_HOLDS_INT64(&iter)) return bson_iter_int64(&iter);
  if (!BSON_ITER_HOLDS_DOUBLE(&iter)) return std::nullopt;
  const double value = bson_iter_double(&iter);
  if (!(std::abs(value) < kInt64Limit)) return std::nullopt;
  return static_cast<int64_t>(value);
}

bool Document::Flag(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter)) return false;
  if (BSON_ITER_HOLDS_BOOL(&iter)) return bson_iter_bool(&iter);
  return Number(key).value_or(0) != 0;
}

std::optional<std::string> Document::Text(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter)) return std::nullopt;
  return TextAt(iter);
}

std::optional<int64_t> Document::DateMs(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter) || !BSON_ITER_HOLDS_DATE_TIME(&iter)) return std::nullopt;
  const int64_t ms = bson_iter_date_time(&iter);
  if (ms <= 0) return std::nullopt;
  return ms;
}

std::optional<uint32_t> Document::TimestampSeconds(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter) || !BSON_ITER_HOLDS_TIMESTAMP(&iter)) return std::nullopt;
  uint32_t seconds = 0;
  uint32_t increment = 0;
  bson_iter_timestamp(&iter, &seconds, &increment);
  if (seconds == 0) return std::nullopt;
  return seconds;
}

std::optional<int64_t> Document::ObjectIdTail(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter) || !BSON_ITER_HOLDS_OID(&iter)) return std::nullopt;
  uint64_t value = 0;
  const bson_oid_t* id = bson_iter_oid(&iter);
  for (size_t i = kObjectIdSize - kObjectIdTail; i < kObjectIdSize; ++i) {
    value = value << 8 | id->bytes[i];
  }
  return static_cast<int64_t>(value);
}

std::optional<std::string> Document::ObjectIdHex(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter) || !BSON_ITER_HOLDS_OID(&iter)) return std::nullopt;
  char hex[2 * kObjectIdSize + 1];
  bson_oid_to_string(bson_iter_oid(&iter), hex);
  return std::string(hex, 2 * kObjectIdSize);
}

std::optional<OpTime> Document::Position(const char* key) const {
  const std::optional<Document> child = Child(key);
  if (!child) return std::nullopt;
  bson_iter_t iter;
  if (!child->Find("ts", iter) || !BSON_ITER_HOLDS_TIMESTAMP(&iter)) return std::nullopt;
  OpTime position;
  bson_iter_timestamp(&iter, &position.seconds, &position.increment);
  position.term = child->Int("t").value_or(-1);
  if (position.empty()) return std::nullopt;
  return position;
}

std::optional<Document> Document::Child(const char* key) const {
  bson_iter_t iter;
  if (!Find(key, iter)) return std::nullopt;
  return At(iter);
}

std::optional<Document> Document::At(const bson_iter_t& iter) {
  const uint8_t* bytes = nullptr;
  uint32_t size = 0;
  if (BSON_ITER_HOLDS_DOCUMENT(&iter)) {
    bson_iter_document(&iter, &size, &bytes);
  } else if (BSON_ITER_HOLDS_ARRAY(&iter)) {
    bson_iter_array(&iter, &size, &bytes);
  }
  const Document child({reinterpret_cast<const char*>(bytes), size});
  bson_iter_t inner;
  if (bytes == nullptr || !child.Begin(inner)) return std::nullopt;
  return child;
}

std::optional<std::string> Document::TextAt(const bson_iter_t& iter) {
  if (!BSON_ITER_HOLDS_UTF8(&iter)) return std::nullopt;
  uint32_t size = 0;
  const char* text = bson_iter_utf8(&iter, &size);
  return std::string(text, size);
}

}  // namespace replicawatch::mongo
