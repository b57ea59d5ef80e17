// One request over and over on one connection, or one to each of several servers at once: a scrape
// as a scraper sees it, and the floor of MinIO nodes.
// usage: http_latency URL...

#include <curl/curl.h>

#include <vector>

#include "tests/bench/floor.h"

namespace {

size_t Ignore(char*, size_t size, size_t count, void*) { return size * count; }

/// All requests side by side, until the last is answered.
bool RunAll(CURLM* multi, const std::vector<CURL*>& requests) {
  for (CURL* request : requests) curl_multi_add_handle(multi, request);
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) return false;
    if (running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  bool ok = true;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left))
    ok = ok && message->data.result == CURLE_OK;
  for (CURL* request : requests) curl_multi_remove_handle(multi, request);
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::vector<CURL*> requests;
  for (int i = 1; i < argc; ++i) {
    CURL* request = requests.emplace_back(curl_easy_init());
    curl_easy_setopt(request, CURLOPT_URL, argv[i]);
    curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, Ignore);
  }
  CURLM* multi = curl_multi_init();
  return replicawatch::bench::PrintFloor([&] {
    return requests.size() == 1 ? curl_easy_perform(requests[0]) == CURLE_OK
                                : RunAll(multi, requests);
  });
}
