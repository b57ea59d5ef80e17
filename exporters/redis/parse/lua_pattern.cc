#include "exporters/redis/parse/lua_pattern.h"

#include <cctype>

namespace replicawatch::redis {

namespace {

constexpr size_t kLongestPattern = 256;  // the matcher goes as deep as the pattern is long
constexpr size_t kMostCaptures = 32;     // as in Lua
constexpr int kMostSteps = 20'000;       // for one name; a usual one takes a few dozen
constexpr size_t kOpenEnd = std::string_view::npos;

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

/// The set of %a and the like; of any other character itself.
std::bitset<256> Class(char c) {
  const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  std::bitset<256> set;
  const auto fill = [&](auto&& holds) {
    for (int i = 0; i < 128; ++i) set[static_cast<size_t>(i)] = holds(i);
  };
  switch (lower) {
    case 'a':
      fill([](int i) { return std::isalpha(i) != 0; });
      break;
    case 'c':
      fill([](int i) { return std::iscntrl(i) != 0; });
      break;
    case 'd':
      fill([](int i) { return std::isdigit(i) != 0; });
      break;
    case 'l':
      fill([](int i) { return std::islower(i) != 0; });
      break;
    case 'p':
      fill([](int i) { return std::ispunct(i) != 0; });
      break;
    case 's':
      fill([](int i) { return std::isspace(i) != 0; });
      break;
    case 'u':
      fill([](int i) { return std::isupper(i) != 0; });
      break;
    case 'w':
      fill([](int i) { return std::isalnum(i) != 0; });
      break;
    case 'x':
      fill([](int i) { return std::isxdigit(i) != 0; });
      break;
    case 'z':
      fill([](int i) { return i == 0; });
      break;
    default:
      set.set(Byte(c));
      return set;
  }
  return lower == c ? set : ~set;
}

}  // namespace

class LuaCompiler {
 public:
  explicit LuaCompiler(std::string_view text) : text_(text) {}

  Result<LuaPattern> Compile() {
    if (text_.size() > kLongestPattern) return Fault("is longer than 256 characters");
    if (More() && Here() == '^') {
      pattern_.at_start_ = true;
      ++at_;
    }
    while (More()) {
      if (Here() == '$' && at_ + 1 == text_.size()) {
        pattern_.at_end_ = true;
        break;
      }
      if (const Result<void> added = AddItem(); !added) return tl::unexpected(added.error());
    }
    if (!open_.empty()) return Fault("has a \"(\" without its \")\"");
    return std::move(pattern_);
  }

 private:
  using Item = LuaPattern::Item;
  using Kind = LuaPattern::Kind;

  bool More() const { return at_ < text_.size(); }
  char Here() const { return text_[at_]; }

  tl::unexpected<Error> Fault(const std::string& what) const {
    return Fail(ErrorCode::kParse, "the pattern \"" + std::string(text_) + "\" " + what);
  }

  Result<void> AddItem() {
    const char c = Here();
    if (c == '(') return AddOpen();
    if (c == ')') return AddClose();
    if (c == '%' && at_ + 1 < text_.size()) {
      const char next = text_[at_ + 1];
      if (next == 'b') return AddBalance();
      if (next == 'f') return AddFrontier();
      if (next >= '0' && next <= '9') return AddSame(next);
    }
    Item item;
    const auto set = ReadSet();
    if (!set) return tl::unexpected(set.error());
    item.set = *set;
    if (More() && std::string_view("*+-?").find(Here()) != std::string_view::npos)
      item.repeat = text_[at_++];
    pattern_.items_.push_back(item);
    return {};
  }

  Result<void> AddOpen() {
    if (pattern_.captures_ == kMostCaptures) return Fault("has more than 32 captures");
    Item item;
    item.capture = pattern_.captures_++;
    ++at_;
    if (More() && Here() == ')') {
      item.kind = Kind::kPosition;
      ++at_;
    } else {
      item.kind = Kind::kOpen;
      open_.push_back(item.capture);
    }
    pattern_.items_.push_back(item);
    return {};
  }

  Result<void> AddClose() {
    if (open_.empty()) return Fault("has a \")\" without its \"(\"");
    Item item;
    item.kind = Kind::kClose;
    item.capture = open_.back();
    open_.pop_back();
    ++at_;
    pattern_.items_.push_back(item);
    return {};
  }

  Result<void> AddBalance() {
    if (at_ + 3 >= text_.size()) return Fault("has a %b without its two characters");
    Item item;
    item.kind = Kind::kBalance;
    item.open = text_[at_ + 2];
    item.close = text_[at_ + 3];
    at_ += 4;
    pattern_.items_.push_back(item);
    return {};
  }

  Result<void> AddFrontier() {
    at_ += 2;
    if (!More() || Here() != '[') return Fault("has a %f without a [set]");
    Item item;
    item.kind = Kind::kFrontier;
    const auto set = ReadSet();
    if (!set) return tl::unexpected(set.error());
    item.set = *set;
    pattern_.items_.push_back(item);
    return {};
  }

  Result<void> AddSame(char digit) {
    Item item;
    item.kind = Kind::kSame;
    item.capture = static_cast<size_t>(digit - '1');
    bool whole = digit != '0' && item.capture < pattern_.captures_;
    for (const size_t capture : open_) whole &= capture != item.capture;
    if (!whole) return Fault("repeats a capture that it does not have");
    at_ += 2;
    pattern_.items_.push_back(item);
    return {};
  }

  /// The set of one character: itself, a dot, a %class or a [set].
  Result<std::bitset<256>> ReadSet() {
    const char c = text_[at_++];
    if (c == '.') return std::bitset<256>().set();
    if (c == '[') return ReadBrackets();
    std::bitset<256> set;
    if (c != '%') return set.set(Byte(c));
    if (!More()) return Fault("ends in %");
    return Class(text_[at_++]);
  }

  Result<std::bitset<256>> ReadBrackets() {
    std::bitset<256> set;
    const bool inverse = More() && Here() == '^';
    if (inverse) ++at_;
    bool first = true;  // where a ] stands for itself
    for (;; first = false) {
      if (!More()) return Fault("has a \"[\" without its \"]\"");
      const char c = text_[at_++];
      if (c == ']' && !first) break;
      if (c == '%') {
        if (!More()) return Fault("has a \"[\" without its \"]\"");
        set |= Class(text_[at_++]);
      } else if (at_ + 1 < text_.size() && Here() == '-' && text_[at_ + 1] != ']') {
        for (int i = Byte(c); i <= Byte(text_[at_ + 1]); ++i) set.set(static_cast<size_t>(i));
        at_ += 2;
      } else {
        set.set(Byte(c));
      }
    }
    return inverse ? ~set : set;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::vector<size_t> open_;
  LuaPattern pattern_;
};

/// One name against one pattern.
class LuaMatch {
 public:
  LuaMatch(const LuaPattern& pattern, std::string_view name)
      : pattern_(pattern), name_(name), captures_(pattern.captures_) {}

  bool Find() {
    for (size_t start = 0; start <= name_.size() && steps_ <= kMostSteps; ++start) {
      if (From(0, start)) return true;
      if (pattern_.at_start_) break;
    }
    return false;
  }

  std::string Captures() const {
    std::string joined;
    for (const Capture& capture : captures_) {
      if (capture.end == kOpenEnd) {
        joined += std::to_string(capture.begin + 1);
      } else {
        joined += Text(capture);
      }
    }
    return joined;
  }

 private:
  using Item = LuaPattern::Item;
  using Kind = LuaPattern::Kind;

  struct Capture {
    size_t begin = 0;
    size_t end = kOpenEnd;  // stays so for the capture of a position
  };

  std::string_view Text(const Capture& capture) const {
    return name_.substr(capture.begin, capture.end - capture.begin);
  }

  bool Fits(const Item& item, size_t at) {
    return ++steps_ <= kMostSteps && at < name_.size() && item.set[Byte(name_[at])];
  }

  /// The items from `index` on match the name from `at` on.
  bool From(size_t index, size_t at) {
    if (++steps_ > kMostSteps) return false;
    if (index == pattern_.items_.size()) return !pattern_.at_end_ || at == name_.size();
    const Item& item = pattern_.items_[index];
    switch (item.kind) {
      case Kind::kOne:
        return One(item, index, at);
      case Kind::kOpen:
      case Kind::kPosition:
        captures_[item.capture] = {at, kOpenEnd};
        return From(index + 1, at);
      case Kind::kClose:
        captures_[item.capture].end = at;
        if (From(index + 1, at)) return true;
        captures_[item.capture].end = kOpenEnd;
        return false;
      case Kind::kSame: {
        const std::string_view text = Text(captures_[item.capture]);
        return name_.substr(at).starts_with(text) && From(index + 1, at + text.size());
      }
      case Kind::kBalance:
        return Balance(item, index, at);
      case Kind::kFrontier:
        break;
    }
    const auto in_set = [&](char c) { return item.set[Byte(c)]; };
    return !in_set(at == 0 ? '\0' : name_[at - 1]) &&
           in_set(at == name_.size() ? '\0' : name_[at]) && From(index + 1, at);
  }

  bool One(const Item& item, size_t index, size_t at) {
    switch (item.repeat) {
      case '?':
        if (Fits(item, at) && From(index + 1, at + 1)) return true;
        return From(index + 1, at);
      case '-':
        for (;; ++at) {
          if (From(index + 1, at)) return true;
          if (!Fits(item, at)) return false;
        }
      case '*':
      case '+': {
        const size_t least = at + (item.repeat == '+' ? 1 : 0);
        size_t end = at;
        while (Fits(item, end)) ++end;
        for (; end >= least; --end) {
          if (From(index + 1, end)) return true;
          if (end == 0) break;
        }
        return false;
      }
      default:
        return Fits(item, at) && From(index + 1, at + 1);
    }
  }

  bool Balance(const Item& item, size_t index, size_t at) {
    if (at == name_.size() || name_[at] != item.open) return false;
    size_t depth = 1;
    for (size_t i = at + 1; i < name_.size() && ++steps_ <= kMostSteps; ++i) {
      if (name_[i] == item.close) {
        if (--depth == 0) return From(index + 1, i + 1);
      } else if (name_[i] == item.open) {
        ++depth;
      }
    }
    return false;
  }

  const LuaPattern& pattern_;
  const std::string_view name_;
  std::vector<Capture> captures_;
  int steps_ = 0;
};

Result<LuaPattern> LuaPattern::Make(std::string_view text) { return LuaCompiler(text).Compile(); }

std::optional<std::string> LuaPattern::JoinedCaptures(std::string_view name) const {
  LuaMatch match(*this, name);
  if (!match.Find()) return std::nullopt;
  return match.Captures();
}

}  // namespace replicawatch::redis
