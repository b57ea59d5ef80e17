// One request over and over on one connection: a scrape as a scraper sees it, and the floor of a
// MinIO node. usage: http_latency URL

#include <curl/curl.h>

#include "tests/bench/floor.h"

namespace {
size_t Ignore(char*, size_t size, size_t count, void*) { return size * count; }
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Ignore);
  return replicawatch::bench::PrintFloor([&] { return curl_easy_perform(curl) == CURLE_OK; });
}
