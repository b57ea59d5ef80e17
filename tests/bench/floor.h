#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace replicawatch::bench {

/// Runs `round` some times and prints the median in seconds: the floor, to which a scrape is
/// compared.
template <class Round>
int PrintFloor(Round round, int rounds = 500) {
  const int warm_up = rounds / 10;
  std::vector<double> seconds;
  for (int i = 0; i < warm_up + rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!round()) {
      std::fprintf(stderr, "a command failed\n");
      return 1;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (i >= warm_up) seconds.push_back(took.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + rounds / 2, seconds.end());
  std::printf("%.9f\n", seconds[rounds / 2]);
  return 0;
}

}  // namespace replicawatch::bench
