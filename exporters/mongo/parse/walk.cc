#include "exporters/mongo/parse/walk.h"

#include <optional>
#include <string>

namespace replicawatch::mongo {
namespace {

std::optional<double> NumberAt(const bson_iter_t& iter) {
  switch (bson_iter_type(&iter)) {
    case BSON_TYPE_DOUBLE:
      return bson_iter_double(&iter);
    case BSON_TYPE_INT32:
      return bson_iter_int32(&iter);
    case BSON_TYPE_INT64:
      return static_cast<double>(bson_iter_int64(&iter));
    case BSON_TYPE_BOOL:
      return bson_iter_bool(&iter) ? 1 : 0;
    case BSON_TYPE_DATE_TIME:
      return static_cast<double>(bson_iter_date_time(&iter));
    case BSON_TYPE_TIMESTAMP: {
      uint32_t seconds = 0;
      uint32_t increment = 0;
      bson_iter_timestamp(&iter, &seconds, &increment);
      return seconds;
    }
    default:
      return std::nullopt;
  }
}

class Walk {
 public:
  Walk(const std::function<void(const WalkedNumber&)>& visit, std::string_view root,
       const WalkLimits& limits)
      : visit_(visit), limits_(limits), path_(root) {}

  void Enter(const Document& document, size_t depth) {
    if (depth >= limits_.depth) return;
    bson_iter_t iter;
    if (!document.Begin(iter)) return;
    const size_t parent = path_.size();
    while (numbers_ < limits_.numbers && bson_iter_next(&iter)) {
      const std::string_view key(bson_iter_key(&iter), bson_iter_key_len(&iter));
      if (parent + key.size() + 1 > limits_.path) continue;
      path_ += key;
      if (const std::optional<double> value = NumberAt(iter)) {
        ++numbers_;
        visit_({path_, std::string_view(path_).substr(0, parent), key, element_, state_, *value});
      } else if (const std::optional<Document> child = Document::At(iter)) {
        path_ += '.';
        BSON_ITER_HOLDS_ARRAY(&iter) ? EnterArray(*child, depth + 1) : Enter(*child, depth + 1);
      }
      path_.resize(parent);
    }
  }

 private:
  void EnterArray(const Document& array, size_t depth) {
    const std::string outer_element = element_;
    const std::string outer_state = state_;
    array.EachDocument([&](const Document& element) {
      const auto name = element.Text("name");
      element_ = name ? *name : element.Text("host").value_or("");
      state_ = element.Text("stateStr").value_or("");
      if (!element_.empty()) Enter(element, depth);
    });
    element_ = outer_element;
    state_ = outer_state;
  }

  const std::function<void(const WalkedNumber&)>& visit_;
  const WalkLimits& limits_;
  std::string path_;
  std::string element_;
  std::string state_;
  size_t numbers_ = 0;
};

}  // namespace

void WalkNumbers(const Document& document, const std::function<void(const WalkedNumber&)>& visit,
                 std::string_view root, const WalkLimits& limits) {
  Walk(visit, root, limits).Enter(document, 0);
}

}  // namespace replicawatch::mongo
