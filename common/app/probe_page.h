#pragma once

#include "common/app/options.h"
#include "common/scrape/coordinator.h"
#include "common/scrape/prober.h"
#include "common/web/http.h"

namespace replicawatch {

/// The handler of /probe?target=HOST:PORT[&module=NAME][&debug=true]: says no to what may not be
/// asked, shares probes of the same target, encodes. Thread-safe.
class ProbePage {
 public:
  /// `options` outlive the page.
  explicit ProbePage(const AppOptions& options);

  /// `prober` stays until the answer is there.
  HttpResponse Handle(const HttpRequest& request, Prober& prober);

 private:
  const AppOptions& options_;
  Coordinator coordinator_;
};

}  // namespace replicawatch
