// A scrape as a scraper sees it, and the floor of MinIO nodes: the same request over and over on
// one connection, or one to each of several servers at once; all that one round takes. usage:
// http_latency [--at-once=N] URL...

#include <curl/curl.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "tests/bench/floor.h"

namespace {

size_t Ignore(char*, size_t size, size_t count, void*) { return size * count; }

/// All requests, so many at a time, until the last is answered.
bool RunAll(CURLM* multi, const std::vector<CURL*>& requests, size_t at_once) {
  size_t begun = 0;
  const auto begin = [&] { curl_multi_add_handle(multi, requests[begun++]); };
  while (begun < std::min(at_once, requests.size())) begin();
  bool ok = true;
  for (size_t ended = 0; ended < requests.size();) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      ok = ok && message->data.result == CURLE_OK;
      curl_multi_remove_handle(multi, message->easy_handle);
      ++ended;
      if (begun < requests.size()) begin();
    }
    if (ended < requests.size()) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kAtOnce = "--at-once=";
  size_t at_once = static_cast<size_t>(argc);
  std::vector<CURL*> requests;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with(kAtOnce)) {
      at_once = std::strtoul(argv[i] + kAtOnce.size(), nullptr, 10);
      continue;
    }
    CURL* request = requests.emplace_back(curl_easy_init());
    curl_easy_setopt(request, CURLOPT_URL, argv[i]);
    curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, Ignore);
    curl_easy_setopt(request, CURLOPT_FAILONERROR, 1L);
  }
  if (requests.empty() || at_once == 0) return 2;
  CURLM* multi = curl_multi_init();
  // Many requests take a while each round.
  const int rounds = requests.size() < 50 ? 500 : 20;
  return replicawatch::bench::PrintFloor(
      [&] {
        return requests.size() == 1 ? curl_easy_perform(requests[0]) == CURLE_OK
                                    : RunAll(multi, requests, at_once);
      },
      rounds);
}
