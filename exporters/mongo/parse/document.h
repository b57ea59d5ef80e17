#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "exporters/mongo/parse/optime.h"

namespace replicawatch::mongo {

/// A read-only view of one BSON document: typed look-ups that give nothing for a field that is
/// missing or has another type. Does not own the bytes. Safe on any bytes: every step is
/// bounds-checked by libbson, and nested documents are only entered on request, so that no answer
/// can exhaust the stack.
class Document {
 public:
  /// Checks the outline and the top level. Errors: kParse.
  static Result<Document> Parse(std::string_view bytes);

  bool Has(const char* key) const;
  std::optional<double> Number(const char* key) const;  ///< int32, int64, double
  std::optional<int64_t> Int(const char* key) const;    ///< the same, if it is finite
  bool Flag(const char* key) const;                     ///< true only for a true value
  std::optional<std::string> Text(const char* key) const;
  std::optional<int64_t> DateMs(const char* key) const;  ///< nothing for dates of 1970 and before
  std::optional<uint32_t> TimestampSeconds(const char* key) const;  ///< nothing for 0
  /// The eight last bytes of an ObjectId as a number: electionId holds the term there.
  std::optional<int64_t> ObjectIdTail(const char* key) const;
  std::optional<std::string> ObjectIdHex(const char* key) const;
  std::optional<OpTime> Position(const char* key) const;  ///< {ts, t}; nothing for an empty one
  std::optional<Document> Child(const char* key) const;   ///< a document or an array

  /// Calls `visit` with every element that is a document.
  template <class Visit>
  void EachDocument(Visit visit) const {
    bson_iter_t iter;
    if (!Begin(iter)) return;
    while (bson_iter_next(&iter)) {
      if (const std::optional<Document> child = At(iter)) visit(*child);
    }
  }
  /// Calls `visit` with every element that is a string.
  template <class Visit>
  void EachText(Visit visit) const {
    bson_iter_t iter;
    if (!Begin(iter)) return;
    while (bson_iter_next(&iter)) {
      if (const std::optional<std::string> text = TextAt(iter)) visit(*text);
    }
  }

  // For what goes through all elements, whatever they are called.
  bool Begin(bson_iter_t& iter) const;
  static std::optional<Document> At(const bson_iter_t& iter);
  std::string_view bytes() const { return bytes_; }

 private:
  explicit Document(std::string_view bytes) : bytes_(bytes) {}
  bool Find(const char* key, bson_iter_t& iter) const;
  static std::optional<std::string> TextAt(const bson_iter_t& iter);

  std::string_view bytes_;  // the caller's; a bson_t would point into itself and can't be copied
};

}  // namespace replicawatch::mongo
