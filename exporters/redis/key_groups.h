#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace replicawatch::redis {

/// Tells which group a key belongs to: the captures of the first expression that matches it, one
/// after the other, or the whole match where the expression captures nothing. Immutable and
/// thread-safe.
class KeyGrouper {
 public:
  /// POSIX extended regular expressions. Errors: kParse.
  static Result<KeyGrouper> Make(const std::vector<std::string>& expressions);

  /// "unclassified" for a key that none matches.
  std::string GroupOf(const std::string& key) const;

 private:
  struct Free {
    void operator()(regex_t* regex) const;
  };
  std::vector<std::unique_ptr<regex_t, Free>> expressions_;
};

}  // namespace replicawatch::redis
