// What a client of the web server can choose: the query, the headers; and durations, which a user
// writes.

#include "common/config/duration.h"
#include "common/metrics/negotiate.h"
#include "common/scrape/budget.h"
#include "common/web/basic_auth.h"
#include "common/web/http.h"
#include "tests/fuzz/fuzz.h"

using namespace replicawatch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  (void)ParseQuery(text);
  (void)NegotiateFormat(text);
  (void)AcceptsGzip(text);
  if (const auto login = ParseBasicAuth(text))
    fuzz::Require(login->user.find(':') == std::string::npos, "a user ends at the colon");
  (void)ParseDuration(text);
  const BudgetOptions options;
  const Duration budget = ScrapeBudget(text, options);
  fuzz::Require(budget > Duration::zero() && budget <= options.timeout,
                "a budget is above 0 and no longer than --scrape.timeout");
  const std::string html = EscapeHtml(text);
  fuzz::Require(html.find_first_of("<>\"'") == std::string::npos, "nothing of HTML is left");
  return 0;
}
